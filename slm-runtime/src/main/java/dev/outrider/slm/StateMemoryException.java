package dev.outrider.slm;

/** A request whose state does not fit into the memory that the engine may use for states, even when nothing else runs. */
public final class StateMemoryException extends SlmException {

    private static final long serialVersionUID = 1L;

    /**
     * @param positions positions of the prompt
     * @param needed bytes of their state
     * @param limit bytes that all states together may take
     */
    public StateMemoryException(int positions, long needed, long limit) {
        super("the state of " + positions + " tokens takes " + needed + " bytes, but the engine may use " + limit
                + " for states: shorten the request, or allow more (stateBytes, and the JVM's -Xmx)");
    }
}
