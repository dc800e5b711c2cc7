package dev.outrider.evals.run;

import dev.langchain4j.data.message.AiMessage;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.router.Decision;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.router.privacy.RecordCipher;

/**
 * What the ledger knows of a run whose process was killed: answers that were given and not yet judged, queries that left for the LLM
 * and never came back, and the money that was spent.
 *
 * @param ended cases that the ledger has an answer for, or a refusal that was paid for: an LLM that answered in the wrong form
 * @param lost cases that left for the LLM and have no end in the ledger
 * @param spentMicroUsd all money of the ledger, local and remote, and that of the judge; what was set aside for queries without an end counts as spent
 */
public record Recovery(Map<String, DecisionRecord> ended, Set<String> lost, long spentMicroUsd) {

    /** Nothing was done before. */
    public static final Recovery NONE = new Recovery(Map.of(), Set.of(), 0);

    /**
     * Reads the ledger of a run.
     *
     * @param cipher opens sealed lines; null when there is no key
     * @throws dev.outrider.router.ledger.LedgerException when a line cannot be read; older forms of a line can
     */
    public static Recovery of(Path ledger, @Nullable RecordCipher cipher, RunLog log) {
        Set<String> done = log.done().keySet();
        Map<String, DecisionRecord> ended = new LinkedHashMap<>();
        Map<String, Long> open = new HashMap<>();
        long spent = 0;
        try (Stream<LedgerEntry> entries = LedgerReader.of(ledger, cipher).entries()) {
            for (LedgerEntry entry : (Iterable<LedgerEntry>) entries::iterator) {
                switch (entry) {
                    case EgressNotice notice -> open.merge(notice.id(), notice.leasedMicroUsd(), Long::sum);
                    case DecisionRecord record -> {
                        open.remove(record.id());
                        spent += record.cost().totalMicroUsd();
                        String query = record.query();
                        if (query != null && !done.contains(query) && (answer(record) != null || paidRefusal(record))) {
                            ended.put(query, record);
                        }
                    }
                    case AuditRecord audit -> {
                        open.remove(audit.id());
                        spent += audit.microUsd();
                    }
                    case ShadowRecord shadow -> {
                        // costs nothing but the machine's time
                    }
                }
            }
        }
        Set<String> lost = new HashSet<>();
        log.sent().forEach((caseId, id) -> {
            if (open.containsKey(id) && !done.contains(caseId) && !ended.containsKey(caseId)) {
                lost.add(caseId);
            }
        });
        return new Recovery(ended, lost, spent + log.judging().microUsd() + open.values().stream().mapToLong(Long::longValue).sum());
    }

    /**
     * Results of cases that need not be run again, by case. Each is judged when it is asked for.
     *
     * @param free whether the LLM costs nothing, so that a lost query may be sent again
     */
    Map<String, Supplier<QueryResult>> results(List<EvalCase> cases, boolean free, Verdicts verdicts) {
        Map<String, Supplier<QueryResult>> results = new LinkedHashMap<>();
        for (EvalCase c : cases) {
            DecisionRecord record = ended.get(c.id());
            if (record != null) {
                AiMessage message = answer(record);
                DecisionRecord.Times times = record.times();
                double seconds = times == null ? 0 : times.seconds();
                results.put(c.id(), message == null
                        ? () -> QueryResults.refused(c, record, seconds, verdicts)
                        : () -> QueryResults.answered(c, message, record, seconds, verdicts));
            } else if (lost.contains(c.id()) && !free) {
                results.put(c.id(), () -> QueryResults.lost(c));
            }
        }
        return results;
    }

    /** Whether the LLM was paid for an answer of no use. A query that was called off, or that the money ended, is asked again. */
    private static boolean paidRefusal(DecisionRecord record) {
        return record.decision() instanceof Decision.Refuse refused
                && refused.reason() == RefusalReason.REMOTE_FAILED
                && record.cost().remoteMicroUsd() > 0;
    }

    /** What the caller got; null when it got nothing, or when the ledger keeps no answers. */
    private static @Nullable AiMessage answer(DecisionRecord record) {
        Answer answer = switch (record.decision()) {
            case Decision.Accept accepted -> record.local() == null ? null : record.local().answer();
            case Decision.Escalate escalated -> record.remote() == null ? null : record.remote().answer();
            case Decision.Refuse refused -> null;
        };
        return answer == null ? null : QueryResults.message(answer);
    }
}
