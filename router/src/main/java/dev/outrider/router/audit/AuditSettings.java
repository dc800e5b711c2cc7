package dev.outrider.router.audit;

import static dev.outrider.router.internal.ImpossibleValue.check;

/**
 * How accepted answers are audited.
 *
 * @param rate share of the accepted answers that are asked of the LLM too, in [0, 1]; a workload may have its own
 * @param falseAlarm probability with which the drift alarm of a bound that holds may ever be raised, in (0, 1)
 * @param llmError share of the LLM's own answers that may be wrong, in [0, 1): an LLM that errs disagrees with right
 *     answers, and so much disagreement is no sign of drift
 */
public record AuditSettings(double rate, double falseAlarm, double llmError) {

    /** One in twenty is audited, one alarm in twenty may be false, and the LLM is taken at its word. */
    public static final AuditSettings DEFAULT = new AuditSettings(0.05, 0.05, 0);

    public AuditSettings {
        check(rate >= 0 && rate <= 1, "rate", "must be a share between 0 and 1");
        check(falseAlarm > 0 && falseAlarm < 1, "false-alarm", "must be a number between 0 and 1, neither of them");
        check(llmError >= 0 && llmError < 1, "llm-error", "must be a share from 0 to below 1");
    }
}
