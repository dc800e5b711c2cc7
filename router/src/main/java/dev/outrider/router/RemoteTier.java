package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.AnswerCheck.Finding;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.remote.AnswerRelay;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemotePrice;
import dev.outrider.router.remote.ResilientChatModel;

/**
 * The LLM as the cascade asks it: money is set aside first, the ledger is told before a byte leaves, the answer is
 * checked like the SLM's, one repair is asked for, and every lease is settled or given back whatever happens.
 */
final class RemoteTier {

    private final ResilientChatModel model;
    private final Policy policy;
    private final RemotePrice price;
    private final MoneyBudget budget;
    private final AnswerCheck check;
    private final Ledger ledger;
    private final InstantSource clock;
    private final LongSupplier nanos;

    RemoteTier(
            ResilientChatModel model,
            Policy policy,
            MoneyBudget budget,
            AnswerCheck check,
            Ledger ledger,
            InstantSource clock,
            LongSupplier nanos) {
        this.model = model;
        this.policy = policy;
        this.price = new RemotePrice(policy.models().remote());
        this.budget = budget;
        this.check = check;
        this.ledger = ledger;
        this.clock = clock;
        this.nanos = nanos;
    }

    /** How asking ended. The bill stands in every case. */
    sealed interface Outcome {
        Bill bill();
    }

    /** An answer of the right form. */
    record Answered(ChatResponse response, Bill bill) implements Outcome {}

    /** Not enough money; nothing was sent, or no repair could be paid. */
    record NoMoney(String detail, Bill bill) implements Outcome {}

    /** No usable answer. */
    record Failed(RemoteException fault, Bill bill) implements Outcome {}

    /** What one query took from the LLM. Used by one thread. */
    static final class Bill {
        private String model = "unknown";
        private @Nullable Answer answer;
        private int calls;
        private int attempts;
        private long inputTokens;
        private long outputTokens;
        private boolean estimated;
        private long leased;
        private long overdraft;
        private long cost;
        private double seconds;

        /** Whether anything left for the LLM. */
        boolean isEmpty() {
            return calls == 0;
        }

        long cost() {
            return cost;
        }

        DecisionRecord.Remote toRecord(boolean keepAnswer, @Nullable String error) {
            return new DecisionRecord.Remote(
                    model,
                    keepAnswer ? answer : null,
                    error,
                    calls,
                    attempts,
                    null,
                    inputTokens,
                    outputTokens,
                    estimated,
                    leased,
                    overdraft,
                    seconds);
        }
    }

    Outcome ask(String id, ChatRequest request, ChatRequestOptions options) {
        ChatRequest bounded = TierRequest.remote(request, model, policy.models().remote().maxOutputTokens());
        Bill bill = new Bill();
        Outcome first = askOnce(id, bounded, options, bill);
        if (!(first instanceof Answered answered)) {
            return first;
        }
        Optional<Finding> finding = check.check(request, answered.response().aiMessage());
        if (finding.isEmpty()) {
            return first;
        }
        if (AnswerRelay.anythingLeft(AnswerRelay.in(options))) {
            return new Failed(
                    RemoteException.of(
                            RemoteException.Kind.BROKEN_OFF,
                            "answered in the wrong form (" + finding.get().inOneLine()
                                    + ") after part of its text had left"),
                    bill);
        }
        ChatRequest repair = repairRequest(bounded, answered.response().aiMessage(), finding.get());
        Outcome second = askOnce(id, repair, options, bill);
        if (!(second instanceof Answered repaired)) {
            return second;
        }
        Optional<Finding> still = check.check(request, repaired.response().aiMessage());
        return still.isEmpty()
                ? second
                : new Failed(
                        RemoteException.of(
                                RemoteException.Kind.INVALID_ANSWER,
                                "answered in the wrong form, also after it was told so ("
                                        + still.get().inOneLine() + ")"),
                        bill);
    }

    private Outcome askOnce(String id, ChatRequest request, ChatRequestOptions options, Bill bill) {
        long worst = price.worstCase(request);
        Optional<MoneyBudget.Lease> acquired = budget.tryAcquire(worst);
        if (acquired.isEmpty()) {
            return new NoMoney(noMoney(worst), bill);
        }
        MoneyBudget.Lease lease = acquired.get();
        long begin = nanos.getAsLong();
        try {
            ledger.announce(new EgressNotice(id, clock.instant(), worst));
            bill.calls++;
            bill.leased += worst;
            ResilientChatModel.Reply reply = model.ask(request, options);
            settle(lease, bill, request, reply);
            return new Answered(reply.response(), bill);
        } catch (RemoteException fault) {
            bill.attempts += fault.attempts();
            charge(lease, bill, price.promptTokens(request) * fault.attemptsMaybeBilled(), 0,
                    fault.attemptsMaybeBilled() > 0);
            return new Failed(fault, bill);
        } finally {
            bill.seconds += (nanos.getAsLong() - begin) / 1e9;
            lease.release();
        }
    }

    private void settle(MoneyBudget.Lease lease, Bill bill, ChatRequest request, ResilientChatModel.Reply reply) {
        ChatResponse response = reply.response();
        bill.attempts += reply.attempts();
        bill.answer = Answer.of(response.aiMessage());
        if (response.modelName() != null) {
            bill.model = response.modelName();
        }
        TokenUsage usage = response.tokenUsage();
        long reportedInput = usage == null ? -1 : countOf(usage.inputTokenCount());
        long reportedOutput = usage == null ? -1 : countOf(usage.outputTokenCount());
        boolean reported = reportedInput >= 0 && reportedOutput >= 0;
        long inputTokens = reported ? reportedInput : price.promptTokens(request);
        long outputTokens = reported ? reportedOutput : price.answerTokens(response.aiMessage());
        int lost = reply.attemptsMaybeBilled();
        charge(lease, bill, inputTokens + lost * price.promptTokens(request), outputTokens, !reported || lost > 0);
    }

    /** A reported count, or -1 where there is none. */
    private static long countOf(@Nullable Integer tokens) {
        return tokens == null ? -1 : tokens;
    }

    private void charge(MoneyBudget.Lease lease, Bill bill, long inputTokens, long outputTokens, boolean estimated) {
        MoneyBudget.Settlement settlement = lease.settle(price.cost(inputTokens, outputTokens));
        bill.inputTokens += inputTokens;
        bill.outputTokens += outputTokens;
        bill.estimated |= estimated;
        bill.overdraft += settlement.overdraftMicroUsd();
        bill.cost += settlement.chargedMicroUsd();
    }

    private String noMoney(long worst) {
        MoneyBudget.Snapshot now = budget.snapshot();
        return "the LLM is needed and may cost " + MicroUsd.format(worst) + ", but only "
                + MicroUsd.format(now.availableMicroUsd()) + " of " + MicroUsd.format(now.limitMicroUsd())
                + " is left; raise budget.usd in the policy" + (policy.budget().per() == null ? ""
                        : " or wait for the next window");
    }

    /**
     * The conversation continued: the wrong answer, what is wrong with it call by call, and the wish for a better one.
     */
    private ChatRequest repairRequest(ChatRequest request, AiMessage wrong, Finding finding) {
        List<ChatMessage> messages = new ArrayList<>(request.messages());
        messages.add(wrong);
        if (wrong.hasToolExecutionRequests()) {
            Map<String, ToolSpecification> offered = new HashMap<>();
            request.toolSpecifications().forEach(tool -> offered.put(tool.name(), tool));
            for (ToolExecutionRequest call : wrong.toolExecutionRequests()) {
                List<String> violations = check.violations(call, offered.get(call.name()));
                String verdict = violations.isEmpty()
                        ? "Not executed, because another call of this answer is invalid."
                        : "Not executed. " + String.join(" ", violations);
                messages.add(ToolExecutionResultMessage.from(call, verdict + " Answer again with corrected calls."));
            }
        } else {
            messages.add(UserMessage.from(finding.inOneLine() + " Answer again in the form that was asked for."));
        }
        return request.toBuilder().messages(messages).build();
    }
}
