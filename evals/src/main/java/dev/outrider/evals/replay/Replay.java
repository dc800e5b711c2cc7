package dev.outrider.evals.replay;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.OffPolicyShare;
import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.MicroUsd;
import dev.outrider.router.Redecision;
import dev.outrider.router.Redecision.Decided;
import dev.outrider.router.Redecision.Loop;
import dev.outrider.router.Redecision.Undecided;
import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;

/**
 * Answers "what would this policy have done on the traffic of this ledger" without asking a model. Every record is decided again
 * on its own evidence. Whether an answer that the policy takes is right is known where an outcome is given, where it was audited
 * (weighed by the inverse of its logged propensity), and where the LLM answered too; everywhere else it is not, and is said so.
 *
 * <p>Queries are taken as they came: another answer might have led to other questions. The ledger is read twice, front to back;
 * kept in memory are audits, shadow attempts and sums by session.
 */
public final class Replay {

    private static final int EXAMPLES = 3;
    private static final String GIVEN = "outcomes";
    private static final String AUDITED = "taken then";
    private static final String NEVER = "taken then, never audited";
    private static final String LLM = "answered by the LLM then";

    private final PolicyInForce policy;
    private final Redecision redecision;
    private final Outcomes outcomes;
    private final AgreementMatcher matcher;

    private final Map<String, AuditRecord> audits = new HashMap<>();
    private final Map<String, ShadowRecord> shadows = new HashMap<>();
    private final LlmTokens tokens = new LlmTokens();

    private final Map<String, Session> sessions = new HashMap<>();
    private final Map<String, Long> undecided = new TreeMap<>();
    private final Map<String, List<String>> examples = new TreeMap<>();
    private final Map<String, Long> moved = new TreeMap<>();
    private final Sums before = new Sums();
    private final Sums after = new Sums();
    private final OffPolicyShare wrong = new OffPolicyShare();
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private long records;
    private long llmOnly;
    private long paid;
    private long wouldPay;
    private long counted;
    private long loops;

    /**
     * @param policy the policy that is tried
     * @param logged the policy that wrote the ledger; null when it is not known
     * @param outcomes what is known from outside
     * @param matcher whether the SLM's and the LLM's answer say the same
     */
    public Replay(PolicyInForce policy, @Nullable Policy logged, Outcomes outcomes, AgreementMatcher matcher) {
        this.policy = policy;
        this.redecision = new Redecision(policy, logged);
        this.outcomes = outcomes;
        this.matcher = matcher;
    }

    private static final class Sums {
        private long accepted;
        private final Map<String, Long> escalated = new TreeMap<>();
        private final Map<String, Long> refused = new TreeMap<>();

        void add(Decision decision) {
            switch (decision) {
                case Decision.Accept a -> accepted++;
                case Decision.Escalate e -> escalated.merge(e.reason().name(), 1L, Long::sum);
                case Decision.Refuse r -> refused.merge(r.reason().name(), 1L, Long::sum);
            }
        }

        ReplayReport.Counts counts() {
            return new ReplayReport.Counts(accepted, escalated, refused);
        }
    }

    private static final class Part {
        private long queries;
        private long acceptedBefore;
        private long accepted;
        private final OffPolicyShare wrong = new OffPolicyShare();
    }

    /** How the newest query of a session ended under this policy, and whether its answer called tools. */
    private record Session(@Nullable Decision decision, boolean called) {}

    /**
     * Replays a ledger.
     *
     * @param name what the report calls it
     * @param entries opens the ledger, each time from its beginning; the streams are closed
     * @param migrated how many records were read from an older form, asked at the end
     * @throws ReplayException when it holds no decision
     */
    public ReplayReport run(String name, Supplier<Stream<LedgerEntry>> entries, Supplier<Long> migrated) {
        try (Stream<LedgerEntry> first = entries.get()) {
            first.forEach(this::prepare);
        }
        long old = migrated.get();
        try (Stream<LedgerEntry> second = entries.get()) {
            second.forEach(entry -> {
                if (entry instanceof DecisionRecord record) {
                    replay(record);
                }
            });
        }
        if (records == 0) {
            throw new ReplayException(name + " holds no decisions; name the ledger of a run with --ledger");
        }
        List<ReplayReport.OfWorkload> workloads = new ArrayList<>();
        parts.forEach((workload, p) ->
                workloads.add(new ReplayReport.OfWorkload(workload, p.queries, p.acceptedBefore, p.accepted, p.wrong.estimate())));
        return new ReplayReport(
                name,
                policy.policy().version(),
                policy.calibration() == null ? null : policy.calibration().version(),
                records,
                old,
                undecided,
                examples,
                before.counts(),
                after.counts(),
                moved,
                wrong.estimate(),
                workloads,
                new ReplayReport.Money(llmOnly, paid, wouldPay, counted),
                notes());
    }

    private void prepare(LedgerEntry entry) {
        switch (entry) {
            case AuditRecord audit -> audits.put(audit.id(), audit);
            case ShadowRecord shadow -> shadows.put(shadow.id(), shadow);
            case DecisionRecord record -> tokens.learn(record);
            case EgressNotice _ -> {
                // the decision of the same id says more
            }
        }
    }

    private void replay(DecisionRecord record) {
        records++;
        ShadowRecord shadow = shadows.get(record.id());
        LlmTokens.Tokens llm = tokens.of(record);
        long price = redecision.price(llm.input(), llm.output());
        Loop loop = loop(record);
        Redecision.Outcome outcome = redecision.decide(record, shadow, loop, price);
        switch (outcome) {
            case Undecided u -> {
                undecided.merge(u.why().name(), 1L, Long::sum);
                List<String> some = examples.computeIfAbsent(u.why().name(), k -> new ArrayList<>());
                if (some.size() < EXAMPLES) {
                    some.add(record.id() + ": " + u.detail());
                }
                remember(record, null);
            }
            case Decided d -> {
                count(record, d, llm, price);
                judge(record, shadow, d);
                remember(record, d.decision());
            }
        }
    }

    private void count(DecisionRecord record, Decided d, LlmTokens.Tokens llm, long price) {
        before.add(record.decision());
        after.add(d.decision());
        if (tier(record.decision()) != tier(d.decision())) {
            moved.merge(record.decision().label() + " → " + d.decision().label(), 1L, Long::sum);
        }
        if (d.decision() instanceof Decision.Escalate e && e.reason() == EscalationReason.TOOL_LOOP) {
            loops++;
        }
        Part part = parts.computeIfAbsent(d.workload().name(), k -> new Part());
        part.queries++;
        part.acceptedBefore += record.answeredLocally() ? 1 : 0;
        part.accepted += d.decision() instanceof Decision.Accept ? 1 : 0;
        llmOnly += price;
        paid += record.cost().totalMicroUsd();
        counted += llm.counted() ? 1 : 0;
        DecisionRecord.Local local = record.local();
        boolean asks = !(d.decision() instanceof Decision.Escalate e && switch (e.reason()) {
            case TOOL_LOOP, SHADOW -> true;
            default -> false;
        });
        if (local != null && asks) {
            wouldPay += MicroUsd.ofSeconds(local.seconds(), policy.policy().models().local().usdPerHour());
        }
        wouldPay += d.decision() instanceof Decision.Escalate ? price : 0;
    }

    private static int tier(Decision decision) {
        return switch (decision) {
            case Decision.Accept _ -> 0;
            case Decision.Escalate _ -> 1;
            case Decision.Refuse _ -> 2;
        };
    }

    /** Whether an answer that is taken is right, where that is known. */
    private void judge(DecisionRecord record, @Nullable ShadowRecord shadow, Decided d) {
        if (!(d.decision() instanceof Decision.Accept)) {
            return;
        }
        String session = record.session();
        String cluster = session == null ? record.id() : session;
        List<OffPolicyShare> both = List.of(wrong, Objects.requireNonNull(parts.get(d.workload().name())).wrong);
        Boolean given = outcomes.localRight(record.id());
        if (given != null) {
            both.forEach(s -> {
                s.member(GIVEN);
                s.seen(GIVEN, cluster, 1, !given);
            });
            return;
        }
        if (record.answeredLocally()) {
            audited(record, cluster, both);
            return;
        }
        Boolean agreed = shadow != null ? shadow.agreed() : agreed(record);
        both.forEach(s -> {
            s.member(LLM);
            if (agreed == null) {
                s.missing(LLM);
            } else {
                s.seen(LLM, cluster, 1, !agreed);
            }
        });
    }

    private void audited(DecisionRecord record, String cluster, List<OffPolicyShare> both) {
        DecisionRecord.Audit audit = record.audit();
        if (audit == null || !(audit.propensity() > 0)) {
            both.forEach(s -> s.member(NEVER));
            return;
        }
        AuditRecord end = audits.get(record.id());
        Boolean agreed = audit.agreed() != null || end == null ? audit.agreed() : end.agreed();
        both.forEach(s -> {
            s.member(AUDITED);
            if (agreed != null) {
                s.seen(AUDITED, cluster, audit.propensity(), !agreed);
            } else if (audit.drawn()) {
                s.missing(AUDITED);
            }
        });
    }

    private @Nullable Boolean agreed(DecisionRecord record) {
        Answer mine = record.local() == null ? null : record.local().answer();
        Answer theirs = record.remote() == null ? null : record.remote().answer();
        return mine == null || theirs == null ? null : Boolean.valueOf(matcher.agree(mine, theirs));
    }

    private Loop loop(DecisionRecord record) {
        Session last = record.session() == null ? null : sessions.get(record.session());
        if (last == null || !last.called || last.decision == null) {
            return Loop.NONE;
        }
        return last.decision instanceof Decision.Escalate ? Loop.BEGUN_BY_LLM : Loop.BEGUN_BY_SLM;
    }

    private void remember(DecisionRecord record, @Nullable Decision decision) {
        if (record.session() != null) {
            Answer given = record.answeredLocally()
                    ? record.local() == null ? null : record.local().answer()
                    : record.remote() == null ? null : record.remote().answer();
            sessions.put(record.session(), new Session(decision, given != null && !given.calls().isEmpty()));
        }
    }

    private List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add("Queries are taken as they came: another answer might have led to other questions.");
        notes.add(outcomes.size() > 0
                ? outcomes.size() + " outcomes were given; elsewhere wrong means that the LLM answered otherwise."
                : "Wrong means that the LLM answered otherwise.");
        if (!policy.policy().budgets().isEmpty()) {
            notes.add("The policy's budgets are taken to be never exhausted.");
        }
        if (loops > 0) {
            notes.add("That a query goes on with a tool loop is concluded from the calls of its session's answer before.");
        }
        return notes;
    }
}
