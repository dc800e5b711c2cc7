package dev.outrider.slm.cuda;

import java.util.List;

import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.MambaShape;

/**
 * The small weights of a Mamba-2 layer on the GPU.
 *
 * @param taps {@code [convolved][kernel]}, as in the file
 * @param a already {@code -exp(A_log)}
 * @param norm weights of the group norms
 * @param epsilon of the group norms
 */
record CudaMixer(
        MambaShape shape,
        CudaVector taps,
        CudaVector convolutionBias,
        CudaVector stepBias,
        CudaVector a,
        CudaVector d,
        CudaVector norm,
        float epsilon)
        implements Backend.Mixer {

    List<CudaVector> vectors() {
        return List.of(taps, convolutionBias, stepBias, a, d, norm);
    }
}
