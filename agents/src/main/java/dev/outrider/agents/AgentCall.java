package dev.outrider.agents;

import dev.outrider.tools.ToolOutcome;

/**
 * One tool call of a model's answer.
 *
 * @param status whether it ran, and if not, why
 * @param outcome what the model reads about it; the request in it carries the id under which it is known
 */
public record AgentCall(Status status, ToolOutcome outcome) {

    /** What became of a call. */
    public enum Status {
        /** The tool ran, whatever it had to report. */
        RAN,
        /** The arguments do not fit the tool's schema. */
        INVALID,
        /** There is no tool of that name. */
        UNKNOWN,
        /** The call was fine, but was held back: another call of the answer was not, or the run ended. */
        HELD_BACK
    }

    /** Whether the tool ran. */
    public boolean ran() {
        return status == Status.RAN;
    }
}
