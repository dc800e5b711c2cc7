package dev.outrider.router;

import dev.langchain4j.data.message.AiMessage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.audit.Suspension;
import dev.outrider.router.events.RoutingEvent;
import dev.outrider.router.events.RoutingListener;
import dev.outrider.router.events.RoutingListeners;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.router.privacy.Egress;
import dev.outrider.tools.SideEffect;

/**
 * What happens off the caller's path: audits of accepted answers, and the SLM's attempts in shadow mode. A few at a time;
 * what fails is logged and, where it is an audit, recorded as one without an answer.
 */
final class AsideWork implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AsideWork.class);
    private static final int AT_ONCE = 4;
    private static final Duration PATIENCE_AT_CLOSE = Duration.ofSeconds(10);

    private final Ledger ledger;
    private final ShadowAudits audits;
    private final AgreementMatcher agreement;
    private final LocalWork local;
    private final RoutingListeners events;
    private final Consumer<AuditRecord> audited;
    private final InstantSource clock;
    private final Semaphore places = new Semaphore(AT_ONCE, true);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("outrider-aside-", 0).factory());
    private int underWay;

    AsideWork(
            Ledger ledger,
            ShadowAudits audits,
            AgreementMatcher agreement,
            LocalWork local,
            RoutingListeners events,
            Consumer<AuditRecord> audited,
            InstantSource clock) {
        this.ledger = ledger;
        this.audits = audits;
        this.agreement = agreement;
        this.local = local;
        this.events = events;
        this.audited = audited;
        this.clock = clock;
    }

    /** Asks the LLM what the SLM was asked, and compares. */
    void audit(CascadeQuery query, double propensity, Egress egress) {
        run("audit", () -> auditNow(query, propensity, egress));
    }

    /** Asks the SLM what the LLM answered, decides as if the decision counted, and compares. */
    void shadow(CascadeQuery query, AiMessage remoteAnswer) {
        run("shadow", () -> shadowNow(query, remoteAnswer));
    }

    private void auditNow(CascadeQuery query, double propensity, Egress egress) {
        QueryBooks books = query.books();
        CascadePlan plan = query.plan();
        RemoteTier.Wish wish = new RemoteTier.Wish(
                books.id(), "audit", query.request(), query.options(), egress, books.attributes().names());
        Charges charges = new Charges(plan.budgets(), books.attributes().budgetKeys(books.id()), plan.leaseExpiry());
        RemoteBooks asked = new RemoteBooks();
        Boolean agreed = null;
        String error = null;
        try {
            RemoteTier.Outcome outcome = Objects.requireNonNull(plan.remote()).ask(wish, charges);
            asked = outcome.books();
            Scribe.tellRemote(events, clock, books.id(), outcome);
            switch (outcome) {
                case RemoteTier.Answered answered -> agreed = agreement.agree(
                        Answer.of(answerOf(query)), Answer.of(answered.response().aiMessage()));
                case RemoteTier.NoBudget none -> error = none.exhausted().detail();
                case RemoteTier.Failed failed -> error = QueryBooks.messageOf(failed.fault());
            }
        } catch (RuntimeException e) {
            // an audit that ends without an answer must be known to have ended: the estimate counts them
            error = OneLine.of(e);
        }
        AuditRecord record = books.redaction().of(new AuditRecord(
                DecisionRecord.SCHEMA,
                books.id(),
                clock.instant(),
                query.workload().name(),
                propensity,
                agreed,
                asked.model(),
                plan.policy().ledger().keepAnswers() ? asked.answer() : null,
                error,
                asked.bill().inputTokens(),
                asked.bill().outputTokens(),
                asked.microUsd(),
                asked.seconds()));
        List<Suspension> raised;
        // counted in the order of the ledger, so that whoever reads it raises the same alarm at the same audit
        synchronized (audits) {
            ledger.audited(record);
            int suspended = audits.suspensions().size();
            audits.audited(record);
            raised = audits.suspensions().stream().skip(suspended).toList();
        }
        audited.accept(record);
        events.tell(RoutingListener::onAudit, record);
        raised.forEach(alarm -> events.tell(
                RoutingListener::onDriftAlarm,
                new RoutingEvent.DriftAlarm(clock.instant(), alarm.workload(), alarm.inOneLine())));
    }

    private static AiMessage answerOf(CascadeQuery query) {
        LocalAttempt attempt = Objects.requireNonNull(query.local(), "an audit is of an accepted answer");
        return Objects.requireNonNull(attempt.message());
    }

    private void shadowNow(CascadeQuery query, AiMessage remoteAnswer) {
        QueryBooks books = query.books();
        CascadePlan plan = query.plan();
        Charges charges = new Charges(plan.budgets(), books.attributes().budgetKeys(books.id()), plan.leaseExpiry());
        LocalWork.Outcome outcome = local.ask(plan, query.workload(), query.request(), query.options(), charges);
        if (!(outcome instanceof LocalWork.Done done)) {
            LOG.debug("no budget for the shadow of query {}", books.id());
            return;
        }
        LocalAttempt attempt = done.attempt();
        AiMessage message = attempt.message();
        SideEffect effect = message == null ? null : plan.check().effectOf(message);
        EvidenceJudge.Verdict verdict = attempt.flaw() != null
                ? null
                : plan.judge().judge(query.workload(), attempt, effect, clock.instant());
        Decision wouldHave = verdict == null ? Objects.requireNonNull(attempt.flaw()) : verdict.decision();
        ledger.shadowed(new ShadowRecord(
                DecisionRecord.SCHEMA,
                books.id(),
                clock.instant(),
                query.workload().name(),
                books.redaction().of(wouldHave),
                message == null ? null : agreement.agree(Answer.of(message), Answer.of(remoteAnswer)),
                effect,
                verdict == null ? null : verdict.threshold(),
                verdict == null ? null : verdict.calibration(),
                books.redaction().of(attempt.toRecord(plan.policy().ledger().keepAnswers())),
                done.microUsd()));
    }

    private void run(String what, Runnable work) {
        begun();
        threads.execute(() -> {
            try {
                places.acquire();
                try {
                    work.run();
                } finally {
                    places.release();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.warn("the {} of a query failed: {}", what, OneLine.of(e));
            } finally {
                ended();
            }
        });
    }

    private synchronized void begun() {
        underWay++;
    }

    private synchronized void ended() {
        underWay--;
        notifyAll();
    }

    /**
     * Waits until nothing is under way.
     *
     * @return false when that took too long, or when the calling thread was interrupted
     */
    synchronized boolean awaitQuiet(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (underWay > 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Gives what is under way a little time, and ends it then. */
    @Override
    public void close() {
        if (!awaitQuiet(PATIENCE_AT_CLOSE)) {
            LOG.warn("audits and shadows were still under way and are given up");
        }
        threads.shutdownNow();
    }
}
