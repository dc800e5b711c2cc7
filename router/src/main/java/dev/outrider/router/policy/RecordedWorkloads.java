package dev.outrider.router.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.WorkloadBook.Proposed;
import dev.outrider.router.privacy.Egress;

/**
 * Finds the workload of a query of which only the ledger's record is left. The record keeps the caller's label and subtask,
 * but not the request: whether {@code offers-any}, {@code tool-set}, {@code request-matches} and {@code min-messages} held is
 * known only where a workload of the policy that decided then has the same ones. Everything else is unknown, and an unknown
 * condition that stands before the first known one makes the answer unknown.
 */
public final class RecordedWorkloads {

    private final List<Workload> workloads;
    private final @Nullable Policy logged;

    /** @param logged the policy that decided then; null when it is not known */
    public RecordedWorkloads(List<Workload> workloads, @Nullable Policy logged) {
        this.workloads = List.copyOf(workloads);
        this.logged = logged;
    }

    /**
     * What was found.
     *
     * @param workload the workload that decides; without meaning where {@code unknown} is given
     * @param needsAnswer whether it can be told only from the SLM's answer which one decides
     * @param egress the strictest egress of all that surely match
     * @param unknown one line when the ledger does not tell which one decides; null otherwise
     * @param egressUnknown one line when a workload that may match keeps its queries in the house; null otherwise
     */
    public record Found(
            Workload workload,
            boolean needsAnswer,
            Egress egress,
            @Nullable String unknown,
            @Nullable String egressUnknown) {}

    /** Whether a condition asks which tools the SLM called. */
    public boolean askForTools() {
        return workloads.stream().anyMatch(w -> !w.match().callsAny().isEmpty());
    }

    /** The workload that decides before the SLM is asked. */
    public Found beforeAnswer(DecisionRecord record) {
        return find(record, null);
    }

    /** The workload that decides when this has been answered. */
    public Found afterAnswer(DecisionRecord record, Proposed proposed) {
        return find(record, proposed);
    }

    private Found find(DecisionRecord record, @Nullable Proposed proposed) {
        Workload decides = null;
        boolean needsAnswer = false;
        String unknown = null;
        String egressUnknown = null;
        Egress strictest = Egress.ANY;
        List<Workload> open = new ArrayList<>();
        for (Workload workload : workloads) {
            Match match = workload.match();
            if (proposed != null && !WorkloadBook.Candidates.holds(match, proposed)) {
                continue;
            }
            Boolean held = requestHeld(match, record);
            if (Boolean.FALSE.equals(held)) {
                continue;
            }
            if (held == null) {
                open.add(workload);
                if (decides == null && unknown == null) {
                    unknown = "workload " + workload.name() + " asks for the request (" + match.inWords()
                            + "), which the ledger does not keep";
                }
                continue;
            }
            if (workload.egress().compareTo(strictest) > 0) {
                strictest = workload.egress();
            }
            boolean counts = proposed != null || !match.needsAnswer();
            if (decides == null && !counts) {
                needsAnswer = true;
            }
            if (decides == null && counts) {
                decides = workload;
            }
        }
        for (Workload workload : open) {
            if (workload.egress() == Egress.LOCAL_ONLY && strictest != Egress.LOCAL_ONLY) {
                egressUnknown = "workload " + workload.name() + " may keep this query in the house, and the ledger does not keep the request";
            }
        }
        return new Found(
                Objects.requireNonNullElse(decides, workloads.getLast()), needsAnswer, strictest, unknown, egressUnknown);
    }

    /** Whether the conditions on the request held; null when the record does not tell. */
    private @Nullable Boolean requestHeld(Match match, DecisionRecord record) {
        if (!isOneOf(record.label(), match.label()) || !isOneOf(record.subtask(), match.subtask())) {
            return false;
        }
        return asksForRequest(match) ? fromLogged(match, record) : Boolean.TRUE;
    }

    /** The workload that decided then held on the request; those before it held not, unless it was the answer that they missed. */
    private @Nullable Boolean fromLogged(Match match, DecisionRecord record) {
        if (logged == null || !logged.version().equals(record.policy())) {
            return null;
        }
        for (Workload then : logged.workloads()) {
            boolean same = sameRequest(then.match(), match);
            if (then.name().equals(record.workload())) {
                return same ? Boolean.TRUE : null;
            }
            if (same && !then.match().needsAnswer()) {
                return Boolean.FALSE;
            }
        }
        return null;
    }

    private static boolean asksForRequest(Match match) {
        return !match.offersAny().isEmpty() || !match.toolSet().isEmpty() || match.requestMatches() != null
                || match.minMessages() != null;
    }

    private static boolean sameRequest(Match a, Match b) {
        return a.label().equals(b.label())
                && a.subtask().equals(b.subtask())
                && a.offersAny().equals(b.offersAny())
                && a.toolSet().equals(b.toolSet())
                && Objects.equals(a.requestMatches(), b.requestMatches())
                && Objects.equals(a.minMessages(), b.minMessages());
    }

    private static boolean isOneOf(@Nullable String word, List<String> words) {
        return words.isEmpty() || word != null && words.contains(word);
    }
}
