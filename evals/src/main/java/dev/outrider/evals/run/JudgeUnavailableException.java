package dev.outrider.evals.run;

import java.io.Serial;

/** The judge cannot be asked, so an answer has no verdict; the message is one line for the run's end. */
final class JudgeUnavailableException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final boolean ill;

    /**
     * @param ill whether the judge failed; false when its money is set aside for others, so that it may be asked later
     */
    JudgeUnavailableException(String message, boolean ill) {
        super(message);
        this.ill = ill;
    }

    boolean ill() {
        return ill;
    }
}
