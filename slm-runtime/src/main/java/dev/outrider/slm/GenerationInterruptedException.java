package dev.outrider.slm;

/**
 * The thread that waited for an answer was interrupted; its interrupt status is still set. What was generated is
 * dropped.
 */
public final class GenerationInterruptedException extends SlmException {

    private static final long serialVersionUID = 1L;

    /**
     * @param tokens tokens that were generated before the interrupt
     */
    public GenerationInterruptedException(int tokens) {
        super("the thread was interrupted after " + tokens + " generated tokens; the answer is dropped");
    }
}
