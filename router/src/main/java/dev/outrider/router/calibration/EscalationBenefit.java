package dev.outrider.router.calibration;

import java.util.Locale;
import java.util.Optional;

/**
 * Whether asking the LLM is worth its price: the gain in the probability of a right answer, times what a right answer is
 * worth, must exceed what the call costs. Uncertainty of the SLM alone is a poor reason to pay, for hard queries may be
 * hard for both (E. Pona et al., "Calibrate-Then-Delegate", arXiv 2604.14251, which learns this value directly; here it
 * is the difference of two calibrated probabilities).
 *
 * <p>It only ever saves money: an escalation that is not worth its price is not paid, and the local answer stays as
 * unaccepted as it was. It never widens what is accepted, so a risk bound stays what it is. Where nothing is known about
 * the LLM it stays silent and the escalation goes ahead.
 *
 * @param valueMicroUsd what a right answer is worth, in micro-dollars
 */
public record EscalationBenefit(long valueMicroUsd) {

    public EscalationBenefit {
        if (valueMicroUsd <= 0) {
            throw new IllegalArgumentException("the value of a right answer must be more than 0 but is " + valueMicroUsd);
        }
    }

    /**
     * An escalation, weighed.
     *
     * @param local P(the query ends right without the LLM): P(SLM right) where its answer is then given, otherwise 0
     * @param remote P(LLM right)
     * @param gainMicroUsd what the difference is worth
     * @param priceMicroUsd what the LLM's call is expected to cost
     */
    public record Weighed(double local, double remote, double gainMicroUsd, long priceMicroUsd) {

        public boolean worthIt() {
            return gainMicroUsd > priceMicroUsd;
        }

        /** One line for a person. */
        public String inOneLine() {
            return String.format(
                    Locale.ROOT,
                    "right with probability %.2f by the LLM and %.2f without it: worth %.6f USD, for a price of %.6f USD",
                    remote,
                    local,
                    gainMicroUsd / 1e6,
                    priceMicroUsd / 1e6);
        }
    }

    /**
     * Weighs an escalation.
     *
     * @param priceMicroUsd expected price of asking the LLM
     * @param localOtherwise whether the local answer is given when the LLM is not asked; otherwise nobody answers
     * @return empty when nothing is known about the LLM on this workload
     */
    public Optional<Weighed> weigh(
            WorkloadCalibration calibration, EvidenceFeatures evidence, long priceMicroUsd, boolean localOtherwise) {
        LlmAccuracy llm = calibration.llm();
        if (llm == null) {
            return Optional.empty();
        }
        double local = localOtherwise ? calibration.calibrator().probability(evidence) : 0;
        double remote = llm.probability(evidence);
        return Optional.of(new Weighed(local, remote, (remote - local) * valueMicroUsd, priceMicroUsd));
    }
}
