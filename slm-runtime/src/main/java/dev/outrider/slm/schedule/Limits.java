package dev.outrider.slm.schedule;

/**
 * How much a scheduler takes on.
 *
 * @param running most sequences that advance side by side; at least 1
 * @param waiting most requests that wait for a place among them; 0 refuses what cannot run at once
 * @param stateBytes most bytes that the states of the running sequences may come to take
 */
public record Limits(int running, int waiting, long stateBytes) {

    public Limits {
        if (running < 1 || waiting < 0 || stateBytes < 1) {
            throw new IllegalArgumentException("at least 1 running sequence, 0 waiting ones and 1 byte of state are needed, not "
                    + running + ", " + waiting + " and " + stateBytes);
        }
    }
}
