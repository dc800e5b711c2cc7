package dev.outrider.slm.model;

/** What a layer mixes with. */
public enum LayerKind {
    /** Mamba-2: a causal convolution and a selective state space (arXiv 2405.21060). */
    MAMBA('M'),
    /** Grouped-query attention (arXiv 2305.13245), with or without rotated positions. */
    ATTENTION('*'),
    /** Two matrices around a squared ReLU (arXiv 2109.08668). */
    MLP('-'),
    /** Three matrices around a gate, SwiGLU (arXiv 2002.05202). */
    GATED_MLP('+');

    private final char letter;

    LayerKind(char letter) {
        this.letter = letter;
    }

    /** The letter that stands for this kind in a pattern such as {@code M-M*-}. */
    public char letter() {
        return letter;
    }
}
