package dev.outrider.router;

import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.slm.TokenEvidence;

/** The SLM's token evidence in the few numbers that the ledger keeps. */
final class EvidenceSummary {

    private EvidenceSummary() {}

    static DecisionRecord.Evidence of(TokenEvidence evidence) {
        return new DecisionRecord.Evidence(
                orNull(evidence.smallestDecisionProbability()),
                orNull(evidence.smallestDecisionMargin()),
                orNull(evidence.meanDecisionLogProbability()),
                evidence.sumLogProbability(),
                evidence.toolNameProbability(),
                evidence.largestMaskedMass(),
                evidence.tokens().size(),
                evidence.decisionTokens(),
                evidence.thinkingTokens(),
                evidence.prefillSeconds(),
                evidence.decodeSeconds());
    }

    private static @Nullable Double orNull(OptionalDouble value) {
        return value.isPresent() ? Double.valueOf(value.getAsDouble()) : null;
    }
}
