package dev.outrider.router.calibration;

import java.util.Locale;

/**
 * Which risk a threshold bounds. The literature mixes the two up; every table, decision and report of Outrider names
 * the one it means.
 */
public enum RiskKind {
    /**
     * P(wrong ∧ accepted): of all queries of the workload whose local answer has the right form, the share that is
     * accepted and wrong. It falls whenever less is accepted.
     */
    JOINT,
    /**
     * P(wrong | accepted): of the accepted answers, the share that is wrong. Harder to keep, and what most people mean
     * by "one in ten may be wrong".
     */
    CONDITIONAL;

    /** {@code joint} or {@code conditional}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
