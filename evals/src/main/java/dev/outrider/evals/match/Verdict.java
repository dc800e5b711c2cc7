package dev.outrider.evals.match;

/**
 * Right or wrong, and why.
 *
 * @param reason one line for a person; empty when right
 */
public record Verdict(boolean right, String reason) {

    private static final Verdict RIGHT = new Verdict(true, "");

    public static Verdict ok() {
        return RIGHT;
    }

    public static Verdict wrong(String reason) {
        return new Verdict(false, reason);
    }
}
