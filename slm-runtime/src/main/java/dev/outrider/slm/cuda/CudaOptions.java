package dev.outrider.slm.cuda;

import dev.outrider.slm.gguf.TensorType;

/**
 * How exactly and in what manner a GPU computes.
 *
 * @param halfPrecisionCache keys and values as 16-bit floats, which halves their memory; otherwise 32 bits
 * @param decodeTerms activations of few rows enter matrix products as sums of so many bf16 numbers: 1 keeps 8 bits, 2 keep 16, 3 all 24
 * @param promptTerms the same for many rows, where every term costs time
 * @param graphs whether the launches of a step are recorded and launched as one
 * @param overlapping whether a kernel may begin before the one in front of it has ended
 */
public record CudaOptions(
        boolean halfPrecisionCache, int decodeTerms, int promptTerms, boolean graphs, boolean overlapping) {

    /** Rows that still count as few. */
    private static final int FEW = 64;

    public CudaOptions {
        if (decodeTerms < 1 || decodeTerms > 3 || promptTerms < 1 || promptTerms > 3) {
            throw new IllegalArgumentException("terms are 1, 2 or 3 but are " + decodeTerms + " and " + promptTerms);
        }
    }

    /** 16-bit cache and activations of 16 bits: what the figures are measured with, except that long prompts may take fewer. */
    public static CudaOptions standard() {
        return new CudaOptions(true, 2, 2, true, true);
    }

    /** As close to 32-bit floats as the kernels get. */
    public static CudaOptions exact() {
        return new CudaOptions(false, 3, 3, true, true);
    }

    public CudaOptions withPromptTerms(int terms) {
        return new CudaOptions(halfPrecisionCache, decodeTerms, terms, graphs, overlapping);
    }

    public CudaOptions withGraphs(boolean use) {
        return new CudaOptions(halfPrecisionCache, decodeTerms, promptTerms, use, overlapping);
    }

    public CudaOptions withOverlapping(boolean use) {
        return new CudaOptions(halfPrecisionCache, decodeTerms, promptTerms, graphs, use);
    }

    /** Terms of the activations that meet a matrix of this type; weights of 32 bits are there to be exact. */
    int terms(TensorType type, int rows) {
        return type == TensorType.F32 ? 3 : rows <= FEW ? decodeTerms : promptTerms;
    }
}
