package dev.outrider.router;

import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.Amounts;
import dev.outrider.router.budget.Grant;
import dev.outrider.router.budget.Lease;
import dev.outrider.router.budget.OnExhausted;
import dev.outrider.router.budget.ThinkingCredits;
import dev.outrider.router.budget.Unit;
import dev.outrider.router.policy.ThinkingMode;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.remote.RemotePrice;

/** Asks the SLM within the budgets and charges what that took, whatever came of it. */
final class LocalWork {

    private static final int USUAL_OUTPUT_TOKENS = 1024;

    private final boolean onGpu;

    /** @param onGpu whether the SLM's seconds are seconds of a GPU */
    LocalWork(boolean onGpu) {
        this.onGpu = onGpu;
    }

    /** How asking ended. */
    sealed interface Outcome {}

    /**
     * The SLM was asked.
     *
     * @param attempt what came of it
     * @param microUsd what it cost
     */
    record Done(LocalAttempt attempt, long microUsd) implements Outcome {}

    /** A budget forbids even that. */
    record NoBudget(Grant.Exhausted exhausted) implements Outcome {}

    Outcome ask(
            CascadePlan plan, Workload workload, ChatRequest request, ChatRequestOptions options, Charges charges) {
        ThinkingCredits.Credit credit = credit(plan, workload);
        long thoughts = mayThink(workload, credit);
        try {
            return switch (charges.lease(worstCase(plan, request, thoughts))) {
                case Grant.Granted granted ->
                    covered(plan, request, thinking(options, thoughts), granted.lease(), credit, charges);
                case Grant.Exhausted exhausted when exhausted.then() == OnExhausted.ANSWER_LOCALLY -> {
                    // the answer may be given, but what it takes is booked all the same
                    Grant nothing = charges.lease(Amounts.NONE);
                    yield nothing instanceof Grant.Granted booked
                            ? covered(plan, request, thinking(options, thoughts), booked.lease(), credit, charges)
                            : new NoBudget(exhausted);
                }
                case Grant.Exhausted exhausted -> new NoBudget(exhausted);
            };
        } finally {
            if (credit != null) {
                // does nothing when the thoughts were settled
                credit.settle(0);
            }
        }
    }

    private Outcome covered(
            CascadePlan plan,
            ChatRequest request,
            ChatRequestOptions options,
            Lease lease,
            ThinkingCredits.@Nullable Credit credit,
            Charges charges) {
        try {
            LocalAttempt attempt = plan.local().ask(request, options);
            long cost = MicroUsd.ofSeconds(
                    attempt.computedSeconds(), plan.policy().models().local().usdPerHour());
            charges.settle(
                    "local",
                    lease,
                    new Amounts(
                            cost,
                            attempt.inputTokens() + attempt.outputTokens(),
                            attempt.thinkingTokens(),
                            millis(attempt.seconds()),
                            onGpu ? millis(attempt.computedSeconds()) : 0));
            if (credit != null) {
                credit.settle(attempt.thinkingTokens());
            }
            return new Done(attempt, cost);
        } finally {
            lease.release();
        }
    }

    /** Time and its price are not known before; what they turn out to be is booked afterwards. */
    private static Amounts worstCase(CascadePlan plan, ChatRequest request, long thoughts) {
        boolean counted = plan.budgets().rules().stream().anyMatch(rule -> rule.unit() == Unit.TOKENS);
        if (!counted) {
            return new Amounts(0, 0, thoughts, 0, 0);
        }
        Integer output = request.maxOutputTokens();
        long prompt = new RemotePrice(plan.policy().models().remote().getFirst()).promptTokens(request);
        return new Amounts(0, prompt + thoughts + (output == null ? USUAL_OUTPUT_TOKENS : output), thoughts, 0, 0);
    }

    private static ThinkingCredits.@Nullable Credit credit(CascadePlan plan, Workload workload) {
        ThinkingCredits credits = plan.thinking();
        return credits == null || workload.thinking().mode() != ThinkingMode.AUTO
                ? null
                : credits.take(workload.thinking().maxTokens());
    }

    private static long mayThink(Workload workload, ThinkingCredits.@Nullable Credit credit) {
        return switch (workload.thinking().mode()) {
            case OFF -> 0;
            case ON -> workload.thinking().maxTokens();
            case AUTO -> credit == null ? workload.thinking().maxTokens() : credit.tokens();
        };
    }

    private static ChatRequestOptions thinking(ChatRequestOptions options, long thoughts) {
        if (thoughts == 0) {
            return options;
        }
        Map<Object, Object> attributes = new LinkedHashMap<>(options.listenerAttributes());
        attributes.put(CascadeAttributes.MAX_THINK_TOKENS, Math.toIntExact(thoughts));
        return ChatRequestOptions.builder().listenerAttributes(attributes).build();
    }

    private static long millis(double seconds) {
        return Math.max(0, Math.round(seconds * 1000));
    }
}
