package dev.outrider.slm;

/** The engine has as many requests waiting as it was set to accept. Thrown at once, before any work; a later attempt may succeed. */
public final class EngineBusyException extends SlmException {

    private static final long serialVersionUID = 1L;

    /**
     * @param running generations that are running
     * @param waiting requests that wait for them
     */
    public EngineBusyException(int running, int waiting) {
        super("the engine is busy: " + running + " generations are running and " + waiting
                + " requests are waiting, which is the limit; try again later or let the engine accept more (maxWaiting)");
    }
}
