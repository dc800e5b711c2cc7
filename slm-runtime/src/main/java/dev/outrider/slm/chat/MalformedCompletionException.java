package dev.outrider.slm.chat;

/** A completion that its format does not allow; becomes a {@link Reply.Malformed} before anybody outside sees it. */
final class MalformedCompletionException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String problem;

    /**
     * @param problem what is wrong, in one line
     */
    MalformedCompletionException(String problem) {
        super(problem);
        this.problem = problem;
    }

    String problem() {
        return problem;
    }
}
