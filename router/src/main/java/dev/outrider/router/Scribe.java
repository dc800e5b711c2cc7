package dev.outrider.router;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.audit.AuditDraw;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.budget.Grant;
import dev.outrider.router.events.RoutingEvent;
import dev.outrider.router.events.RoutingListener;
import dev.outrider.router.events.RoutingListeners;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.Mode;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.remote.RemoteCall;
import dev.outrider.slm.TokenEvidence;

/**
 * Writes queries down and lets their answers go: first the ledger, then the statistics, then the caller, and only then
 * what happens off the caller's path.
 */
final class Scribe {

    private final Ledger ledger;
    private final ShadowAudits audits;
    private final ToolLoop loops;
    private final AsideWork aside;
    private final RoutingListeners events;
    private final Consumer<DecisionRecord> written;
    private final InstantSource clock;
    private final LongSupplier nanos;

    Scribe(
            Ledger ledger,
            ShadowAudits audits,
            ToolLoop loops,
            AsideWork aside,
            RoutingListeners events,
            Consumer<DecisionRecord> written,
            InstantSource clock,
            LongSupplier nanos) {
        this.ledger = ledger;
        this.audits = audits;
        this.loops = loops;
        this.aside = aside;
        this.events = events;
        this.written = written;
        this.clock = clock;
        this.nanos = nanos;
    }

    /** Opens the books of a query that has just arrived. */
    QueryBooks open(CascadePlan plan, CascadeAttributes attributes, @Nullable AnswerStream stream) {
        QueryBooks books = new QueryBooks(
                UUID.randomUUID().toString(), clock.instant(), nanos.getAsLong(), plan, attributes, stream);
        if (!events.isEmpty()) {
            events.tell(RoutingListener::onQuery, new RoutingEvent.Query(
                    books.id(),
                    books.arrived(),
                    attributes.tenant(),
                    attributes.session(),
                    attributes.subtask(),
                    attributes.workload()));
        }
        return books;
    }

    /** The SLM answered or failed. */
    void localAnswer(QueryBooks books, LocalAttempt attempt) {
        if (!events.isEmpty()) {
            boolean keep = books.plan().policy().ledger().keepAnswers();
            events.tell(
                    RoutingListener::onLocalAnswer,
                    new RoutingEvent.LocalAnswer(
                            books.id(), clock.instant(), books.redaction().of(attempt.toRecord(keep))));
        }
    }

    /** The LLM is wanted. */
    void wanted(QueryBooks books, Escalate escalation) {
        if (!events.isEmpty()) {
            events.tell(
                    RoutingListener::onEscalation,
                    new RoutingEvent.Escalation(
                            books.id(), clock.instant(), books.redaction().of(escalation)));
        }
    }

    /** The LLMs were asked, or a budget did not allow it. */
    void remoteEnded(QueryBooks books, RemoteTier.Outcome outcome) {
        tellRemote(events, clock, books.id(), outcome);
    }

    /** A budget stands in the way. */
    void exhausted(QueryBooks books, Grant.Exhausted exhausted) {
        events.tell(RoutingListener::onBudgetExhausted, new RoutingEvent.BudgetExhausted(
                books.id(), clock.instant(), exhausted.rule().name(), exhausted.detail()));
    }

    static void tellRemote(RoutingListeners events, InstantSource clock, String id, RemoteTier.Outcome outcome) {
        if (events.isEmpty()) {
            return;
        }
        List<RemoteCall> calls = outcome.books().bill().calls();
        // the last one has just ended; what came before it ended when the next one began
        Instant[] ends = new Instant[calls.size()];
        Instant end = clock.instant();
        for (int i = ends.length - 1; i >= 0; i--) {
            ends[i] = end;
            end = end.minusNanos(Math.round(calls.get(i).seconds() * 1e9));
        }
        for (int i = 0; i < ends.length; i++) {
            RemoteCall call = calls.get(i);
            events.tell(RoutingListener::onRemoteAttempt, new RoutingEvent.RemoteAttempt(
                    id,
                    ends[i],
                    call.model(),
                    call.outcome().name(),
                    call.fault() == null ? null : call.fault().name(),
                    call.detail(),
                    call.inputTokens(),
                    call.outputTokens(),
                    call.microUsd(),
                    call.seconds()));
        }
        if (outcome instanceof RemoteTier.NoBudget none) {
            events.tell(RoutingListener::onBudgetExhausted, new RoutingEvent.BudgetExhausted(
                    id, clock.instant(), none.exhausted().rule().name(), none.exhausted().detail()));
        }
    }

    /** Writes how a query ended. */
    DecisionRecord write(QueryBooks books, Decision decision) {
        DecisionRecord record = books.toRecord(decision, clock.instant(), nanos.getAsLong());
        ledger.append(record);
        audits.decided(record);
        written.accept(record);
        events.tell(RoutingListener::onDecision, record);
        return record;
    }

    /**
     * Lets the SLM's answer go, and has it audited when chance says so.
     *
     * @param egress what may leave for an audit
     */
    ChatResponse accept(Accept accept, ChatResponse answer, CascadeQuery query, Egress egress) {
        QueryBooks books = query.books();
        boolean auditable = query.plan().remote() != null
                && egress != Egress.LOCAL_ONLY
                && accept.basis().demandMet();
        Double own = query.workload().auditRate();
        double rate = own == null ? query.plan().policy().audit().rate() : own;
        boolean drawn = false;
        if (auditable && rate > 0) {
            drawn = AuditDraw.draw(books.id(), rate).isPresent();
            books.audit(new DecisionRecord.Audit(rate, drawn, null));
        }
        ChatResponse response = release(accept, answer, query, ToolLoop.Tier.LOCAL);
        if (drawn) {
            aside.audit(query, rate, egress);
        }
        return response;
    }

    /** Lets the LLM's answer go; in shadow mode the SLM is asked afterwards. */
    ChatResponse escalated(Escalate escalate, ChatResponse answer, CascadeQuery query) {
        ChatResponse response = release(escalate, answer, query, ToolLoop.Tier.REMOTE);
        if (query.workload().mode() == Mode.SHADOW && query.local() == null) {
            aside.shadow(query, answer.aiMessage());
        }
        return response;
    }

    private ChatResponse release(Decision decision, ChatResponse answer, CascadeQuery query, ToolLoop.Tier tier) {
        DecisionRecord record = write(query.books(), decision);
        LocalAttempt local = query.local();
        TokenEvidence evidence = local == null ? null : local.evidence().orElse(null);
        AiMessage message = loops.mark(
                Objects.requireNonNull(answer.aiMessage()),
                tier,
                query.request(),
                query.books().attributes().session());
        return ChatResponse.builder()
                .aiMessage(message)
                .metadata(CascadeChatResponseMetadata.of(answer.metadata(), record, evidence))
                .build();
    }
}
