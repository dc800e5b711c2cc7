package dev.outrider.router;

import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.Decision.Refuse;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.tools.SideEffect;

/**
 * One query on its way: rule, SLM, form, evidence, decision, LLM where needed, ledger. Every way out goes through the
 * ledger, and nothing goes out before the ledger took it.
 */
final class CascadeQuery {

    private final Policy policy;
    private final RuleBook rules;
    private final LocalTier localTier;
    private final @Nullable RemoteTier remoteTier;
    private final Ledger ledger;
    private final Consumer<DecisionRecord> written;
    private final ChatRequest request;
    private final ChatRequestOptions options;
    private final @Nullable AnswerStream stream;
    private final Instant arrived;
    private final String id = UUID.randomUUID().toString();

    private Policy.@Nullable Rule rule;
    private LocalTier.@Nullable Attempt local;
    private RemoteTier.@Nullable Bill bill;
    private @Nullable Escalate escalation;
    private @Nullable RemoteException fault;

    /** @param stream where the answer goes piece by piece; null when it is wanted as a whole */
    CascadeQuery(CascadeChatModel.Parts parts, ChatRequest request, ChatRequestOptions options,
            @Nullable AnswerStream stream, Consumer<DecisionRecord> written) {
        this.policy = parts.policy();
        this.rules = parts.rules();
        this.localTier = parts.local();
        this.remoteTier = parts.remote();
        this.ledger = parts.ledger();
        this.arrived = parts.clock().instant();
        this.request = request;
        this.options = options;
        this.stream = stream;
        this.written = written;
    }

    /**
     * Walks the query.
     *
     * @throws RefusedException when nobody answers
     * @throws LedgerException when the ledger cannot take it; nothing has left then but what the ledger had announced
     */
    ChatResponse answer() {
        rule = rules.ruleFor(request).orElse(null);
        Policy.Then then = rule == null ? null : rule.then();
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled(null);
        }
        if (then == Policy.Then.REFUSE) {
            throw refuse(RefusalReason.RULE, "the policy's rule " + ruleName() + " refuses this request", null);
        }
        if (then == Policy.Then.ESCALATE) {
            return escalate(new Escalate(EscalationReason.RULE, "the policy's rule " + ruleName()
                    + " sends it to the LLM"));
        }
        LocalTier.Attempt attempt = localTier.ask(request, options);
        local = attempt;
        if (attempt.cancelled()) {
            throw cancelled(null);
        }
        return switch (localTier.judge(request, attempt)) {
            case Accept accept -> accept(accept, attempt);
            case Escalate wanted when then == Policy.Then.LOCAL_ONLY -> {
                escalation = wanted;
                throw refuse(
                        RefusalReason.RULE,
                        "the policy's rule " + ruleName()
                                + " keeps this request in the house, and the local answer is not taken: "
                                + wanted.detail(),
                        null);
            }
            case Escalate wanted -> escalate(wanted);
            case Refuse refuse -> throw refuse(refuse.reason(), refuse.detail(), null);
        };
    }

    private ChatResponse accept(Accept accept, LocalTier.Attempt attempt) {
        return write(accept, Objects.requireNonNull(attempt.response()));
    }

    private ChatResponse escalate(Escalate wanted) {
        escalation = wanted;
        if (remoteTier == null) {
            throw refuse(
                    RefusalReason.NO_REMOTE,
                    "the LLM is needed (" + wanted.detail() + ") and none is configured; set " + RemoteModels.URL
                            + " and "
                            + RemoteModels.MODEL,
                    null);
        }
        // only the LLM's answer may be read along: the SLM's is held until it is decided
        RemoteTier.Outcome outcome =
                remoteTier.ask(id, request, stream == null ? options : stream.relayedIn(options));
        bill = outcome.bill();
        return switch (outcome) {
            case RemoteTier.Answered answered -> write(wanted, answered.response());
            case RemoteTier.NoMoney none -> withoutMoney(wanted, none.detail());
            case RemoteTier.Failed failed -> {
                fault = failed.fault();
                throw failed.fault().kind() == RemoteException.Kind.CANCELLED
                        ? cancelled(failed.fault())
                        : refuse(RefusalReason.REMOTE_FAILED, messageOf(failed.fault()), failed.fault());
            }
        };
    }

    /** The money is spent: a local answer of the right form and of small effect may do, when the policy says so. */
    private ChatResponse withoutMoney(Escalate wanted, String detail) {
        LocalTier.Attempt attempt = local;
        if (policy.budget().onExhausted() == Policy.OnExhausted.ANSWER_LOCALLY
                && attempt != null
                && wanted.reason().answerWasWellFormed()) {
            SideEffect effect = localTier.effectOf(attempt);
            if (effect == null || effect.compareTo(policy.budget().answerLocallyUpTo()) <= 0) {
                return accept(new Accept(attempt.confidence().orElse(0), Basis.BUDGET_EXHAUSTED), attempt);
            }
        }
        throw refuse(RefusalReason.BUDGET_EXHAUSTED, detail, null);
    }

    private RefusedException cancelled(@Nullable Throwable cause) {
        return refuse(RefusalReason.CANCELLED, "cancelled before there was an answer; ask again if it is still wanted",
                cause);
    }

    private RefusedException refuse(RefusalReason reason, String detail, @Nullable Throwable cause) {
        Refuse decision = new Refuse(reason, detail);
        DecisionRecord record = record(decision);
        append(record);
        return new RefusedException(decision, record, cause);
    }

    private ChatResponse write(Decision decision, ChatResponse response) {
        DecisionRecord record = record(decision);
        append(record);
        TokenEvidence evidence = local == null ? null : local.evidence().orElse(null);
        return ChatResponse.builder()
                .aiMessage(response.aiMessage())
                .metadata(CascadeChatResponseMetadata.of(response.metadata(), record, evidence))
                .build();
    }

    private void append(DecisionRecord record) {
        ledger.append(record);
        written.accept(record);
    }

    private DecisionRecord record(Decision decision) {
        CascadeAttributes attributes = CascadeAttributes.from(options);
        boolean keep = policy.ledger().keepAnswers();
        LocalTier.Attempt attempt = local;
        RemoteTier.Bill paid = bill;
        SideEffect effect = attempt == null ? null : localTier.effectOf(attempt);
        long localCost = attempt == null ? 0 : localTier.cost(attempt);
        long failedCost = decision instanceof Accept ? 0 : localCost;
        Double threshold = attempt == null || attempt.response() == null
                ? null
                : Double.valueOf(policy.accept().minProbability().of(effect));
        Policy.Models prices = policy.models();
        return DecisionRecord.builder()
                .id(id)
                .at(arrived)
                .session(attributes.session())
                .query(attributes.query())
                .workload(attributes.workload())
                .decision(decision)
                .escalation(escalation)
                .rule(rule == null ? null : rule.name())
                .effect(effect)
                .threshold(threshold)
                .local(attempt == null ? null : localTier.toRecord(attempt, keep))
                .remote(paid == null || paid.isEmpty() ? null : paid.toRecord(keep, fault == null ? null : messageOf(
                        fault)))
                .cost(new DecisionRecord.Cost(localCost, failedCost, paid == null ? 0 : paid.cost()))
                .prices(new DecisionRecord.Prices(
                        prices.local().usdPerHour(),
                        prices.remote().usdPerMillionInputTokens(),
                        prices.remote().usdPerMillionOutputTokens()))
                .heldMillis(stream == null ? null : stream.heldMillis())
                .policy(policy.version())
                .build();
    }

    private String ruleName() {
        return rule == null ? "" : "\"" + rule.name() + "\"";
    }

    private static String messageOf(RemoteException fault) {
        // one line already, and its end says what to do, so it is not cut
        return Objects.requireNonNullElse(fault.getMessage(), "the LLM failed");
    }
}
