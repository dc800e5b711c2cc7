package dev.outrider.evals.calibration;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.router.Decision;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.EvidenceFeatures;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * A run of suites as labelled answers: gold tells right from wrong. A local answer counts whether or not it was taken, as
 * long as its form was right, for only then evidence decides. Queries with known faults of their gold answer stay out.
 */
public final class SuiteAnswers {

    private SuiteAnswers() {}

    /** The labelled answers of a run, in its order. */
    public static List<LabelledAnswer> of(List<QueryResult> results, CalibrationTable.By by) {
        return results.stream().flatMap(r -> of(r, by).stream()).toList();
    }

    private static Optional<LabelledAnswer> of(QueryResult result, CalibrationTable.By by) {
        DecisionRecord record = result.record();
        QueryResult.Proposal proposal = result.local();
        if (record == null || proposal == null || !result.flags().isEmpty() || !formWasRight(record)) {
            return Optional.empty();
        }
        String workload = by.nameOf(record);
        Optional<EvidenceFeatures> evidence = EvidenceFeatures.of(record);
        if (workload == null || evidence.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new LabelledAnswer(
                workload, result.cluster(), evidence.get(), proposal.right(), llmRight(result)));
    }

    private static boolean formWasRight(DecisionRecord record) {
        Decision.Escalate escalation = record.escalation();
        return escalation == null
                ? record.decision() instanceof Decision.Accept
                : escalation.reason().answerWasWellFormed();
    }

    private static @Nullable Boolean llmRight(QueryResult result) {
        return result.route() == Route.REMOTE ? result.right() : null;
    }
}
