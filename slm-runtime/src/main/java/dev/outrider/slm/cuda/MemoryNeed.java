package dev.outrider.slm.cuda;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.HybridConfig;
import dev.outrider.slm.model.LayerKind;

/**
 * What a model needs of a GPU's memory, reckoned before anything is allocated.
 *
 * @param weights bytes of all tensors, as they lie there
 * @param activations bytes between the operations of the largest step
 * @param state bytes that one sequence of any length remembers
 * @param cachePerToken bytes that every token of a sequence adds
 */
record MemoryNeed(long weights, long activations, long state, long cachePerToken) {

    /** For the driver's own needs: kernels, graphs and pieces that are too small to be given out. */
    private static final long MARGIN = 128L << 20;

    /** A model that cannot hold as many tokens is of little use. */
    private static final int FIRST_TOKENS = 4096;

    static MemoryNeed of(Gguf gguf, CudaOptions options) {
        HybridConfig config = Architectures.config(gguf);
        long weights = 0;
        for (GgufTensor tensor : gguf.tensors().values()) {
            weights += tensor.dimensions().size() == 2 && WeightLoader.supports(tensor.type())
                    ? WeightLoader.bytes(
                            tensor.type(), tensor.dimensions().get(1), tensor.dimensions().get(0))
                    : tensor.size() * Float.BYTES;
        }
        long state = 0;
        long cache = 0;
        long widest = 0;
        long mixed = 0;
        for (int i = 0; i < config.layers().size(); i++) {
            LayerKind kind = config.layers().get(i);
            AttentionShape shape = config.attention().get(i);
            switch (kind) {
                case MAMBA -> {
                    state += CudaState.bytes(config.mamba());
                    widest = Math.max(widest, config.mamba().projected());
                    mixed = Math.max(mixed, config.mamba().inner());
                }
                case ATTENTION -> {
                    cache += (long) shape.keyHeads() * (shape.keySize() + shape.valueSize())
                            * (options.halfPrecisionCache() ? Short.BYTES : Float.BYTES);
                    widest = Math.max(widest, (long) shape.heads() * shape.keySize());
                    mixed = Math.max(mixed, (long) shape.heads() * shape.valueSize());
                }
                case GATED_MLP -> {
                    widest = Math.max(widest, config.feedForward().get(i));
                    mixed = Math.max(mixed, config.feedForward().get(i));
                }
                case MLP -> widest = Math.max(widest, config.feedForward().get(i));
            }
        }
        long rows = CudaBackend.largestStepRows();
        // residual, normed, the two wide ones, and what a product keeps of its input
        long activations = rows * Float.BYTES * (2L * config.hidden() + 2 * widest + mixed)
                + 64L * config.vocabularySize() * Float.BYTES;
        return new MemoryNeed(weights, activations, state, cache);
    }

    /** What must be free for the model to be of use. */
    long total() {
        return weights + activations + state + FIRST_TOKENS * cachePerToken + MARGIN;
    }
}
