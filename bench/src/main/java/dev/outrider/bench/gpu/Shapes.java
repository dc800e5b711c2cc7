package dev.outrider.bench.gpu;

import dev.outrider.slm.gguf.TensorType;

/**
 * The sizes of a model, see {@code HybridConfig}.
 *
 * @param pattern one letter per layer: M Mamba-2, * attention, - MLP
 */
record Shapes(
        String name,
        String pattern,
        int hidden,
        int feedForward,
        int heads,
        int headSize,
        int stateSize,
        int groups,
        int kernel,
        int queryHeads,
        int keyHeads,
        int attentionSize,
        int vocabulary,
        int context) {

    /** Nemotron-3-Nano-4B: 21 Mamba-2, 4 attention and 17 MLP layers. */
    static final Shapes FOUR_B = new Shapes(
            "4B", "M-M-M-MM-M-M*-M-M*-M-M-M*-M-M-MM*-MMM-M-M-", 3136, 12544, 96, 80, 128, 8, 4, 40, 8, 128, 131072, 262144);

    /** Nemotron-Nano-9B-v2: 27 Mamba-2, 4 attention and 25 MLP layers. */
    static final Shapes NINE_B = new Shapes(
            "9B",
            "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-",
            4480,
            15680,
            128,
            80,
            128,
            8,
            4,
            40,
            8,
            128,
            131072,
            131072);

    /** For rehearsals: everything of the large ones, small. */
    static final Shapes TINY = new Shapes("tiny", "M-M*-M", 64, 96, 4, 16, 16, 2, 4, 4, 2, 16, 320, 4096);

    /** For comparisons of formats whose blocks have 256 values. */
    static final Shapes SMALL = new Shapes("small", "M-M*-M", 256, 512, 4, 64, 16, 2, 4, 4, 2, 64, 320, 4096);

    /** One layer of each kind, as wide as the large ones: enough for a driver to compile what they need. */
    static final Shapes NARROW =
            new Shapes("narrow", "M*-", 3136, 12544, 96, 80, 128, 8, 4, 40, 8, 128, 512, 262144);

    /** The formats that are measured, the more common ones first. */
    enum Format {
        Q8_0,
        BF16,
        Q4_K_M
    }

    int inner() {
        return heads * headSize;
    }

    int convolved() {
        return inner() + 2 * groups * stateSize;
    }

    int projected() {
        return inner() + convolved() + heads;
    }

    int count(char kind) {
        return (int) pattern.chars().filter(c -> c == kind).count();
    }

    /**
     * How a tensor is stored. In Q4_K_M the mix of llama.cpp: half of the layers have the value and down projections in Q6_K, the head and
     * the embeddings are Q6_K; where rows are no multiple of 256 values, Q5_0 stands for Q4_K and Q8_0 for Q6_K.
     */
    TensorType type(Format format, String tensor, int layer, int columns) {
        return switch (format) {
            case BF16 -> TensorType.BF16;
            case Q8_0 -> TensorType.Q8_0;
            case Q4_K_M -> {
                boolean more = tensor.equals("output") || tensor.equals("token_embd")
                        || ((tensor.equals("attn_v") || tensor.equals("ffn_down")) && layer % 2 == 0);
                boolean whole = columns % 256 == 0;
                yield more ? (whole ? TensorType.Q6_K : TensorType.Q8_0) : (whole ? TensorType.Q4_K : TensorType.Q5_0);
            }
        };
    }
}
