package dev.outrider.router.audit;

import java.time.Instant;

import dev.outrider.router.calibration.RiskKind;

/**
 * A bound that no longer holds: nothing is accepted on it until the workload is fitted again, which gives the table a new
 * version.
 *
 * @param workload whose bound
 * @param calibration version of the table that promised it
 * @param at when the audit that raised the alarm ended
 * @param kind which risk
 * @param risk what was promised
 * @param audits audits until then
 * @param disagreed those that found another answer
 */
public record Suspension(
        String workload, String calibration, Instant at, RiskKind kind, double risk, long audits, long disagreed) {

    /** One line for a person: what happened and what to do. */
    public String inOneLine() {
        return "the bound of workload " + workload + " (" + kind.word() + " risk of at most " + risk + ", calibration "
                + calibration + ") is suspended since " + at + ": " + disagreed + " of " + audits
                + " audits disagreed; fit the workload again with ./outrider calibrate";
    }
}
