package dev.outrider.router.calibration;

import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.slm.TokenEvidence;

/**
 * What is known about how sure the SLM was of one answer, in a few numbers that also fit into a ledger record. A value
 * that is not known is NaN: records written by older versions lack some, and a calibrator that needs one of those says
 * 0.
 *
 * @param minDecisionProbability probability of the least certain decision token, in [0, 1]; always known
 * @param minDecisionMargin smallest top-2 margin of the decision tokens, in [0, 1]
 * @param meanDecisionLogProbability mean log-probability of the decision tokens, in nats, at most 0
 * @param sumLogProbability log-probability of the whole answer, in nats, at most 0
 * @param toolNameProbability probability of the tokens that name the called tools, all calls together; 1 for a reply
 * @param maskedMass largest probability that a grammar masked away at one token; 0 where no grammar was at work
 * @param decisionTokens tokens that decide something, at least 1
 * @param tokens all tokens of the answer
 */
public record EvidenceFeatures(
        double minDecisionProbability,
        double minDecisionMargin,
        double meanDecisionLogProbability,
        double sumLogProbability,
        double toolNameProbability,
        double maskedMass,
        int decisionTokens,
        int tokens) {

    public EvidenceFeatures {
        if (!(minDecisionProbability >= 0 && minDecisionProbability <= 1)) {
            throw new IllegalArgumentException(
                    "minDecisionProbability must be in [0, 1] but is " + minDecisionProbability);
        }
    }

    /** The features of a fresh answer; empty when no token of it decides anything. */
    public static Optional<EvidenceFeatures> of(TokenEvidence evidence) {
        OptionalDouble weakest = evidence.smallestDecisionProbability();
        if (weakest.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new EvidenceFeatures(
                weakest.getAsDouble(),
                evidence.smallestDecisionMargin().orElse(Double.NaN),
                evidence.meanDecisionLogProbability().orElse(Double.NaN),
                evidence.sumLogProbability(),
                evidence.toolNameProbability(),
                evidence.largestMaskedMass(),
                evidence.decisionTokens(),
                evidence.tokens().size()));
    }

    /** The features that a ledger record keeps; empty when there was no answer or none of its tokens decided anything. */
    public static Optional<EvidenceFeatures> of(DecisionRecord record) {
        DecisionRecord.Local local = record.local();
        return of(local == null ? null : local.evidence());
    }

    /** The same of the evidence that a record keeps; empty when there is none. */
    public static Optional<EvidenceFeatures> of(DecisionRecord.@Nullable Evidence evidence) {
        Double weakest = evidence == null ? null : evidence.smallestDecisionProbability();
        if (evidence == null || weakest == null) {
            return Optional.empty();
        }
        return Optional.of(new EvidenceFeatures(
                weakest,
                orNaN(evidence.smallestDecisionMargin()),
                orNaN(evidence.meanDecisionLogProbability()),
                orNaN(evidence.sumLogProbability()),
                orNaN(evidence.toolNameProbability()),
                evidence.maskedMass() == null ? 0 : evidence.maskedMass(),
                evidence.decisionTokens(),
                evidence.tokens()));
    }

    private static double orNaN(@Nullable Double value) {
        return value == null ? Double.NaN : value;
    }
}
