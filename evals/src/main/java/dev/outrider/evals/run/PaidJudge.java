package dev.outrider.evals.run;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.match.Judge;
import dev.outrider.evals.match.LlmJudge;
import dev.outrider.evals.match.Verdict;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.router.budget.Amounts;
import dev.outrider.router.budget.BudgetKeys;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.Budgets;
import dev.outrider.router.budget.Grant;
import dev.outrider.router.budget.Lease;
import dev.outrider.router.budget.Unit;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.RemotePrice;

/**
 * An LLM as the judge of cases that say {@code match: llm-judge}; all other cases are judged by their rules. It is asked twice for a
 * reply (see {@link LlmJudge}). The worst case of every call is set aside under the run's money limit before it leaves, beside what the
 * cascade sets aside, and what it cost is booked apart from the cascade's money. A call that fails is tried three times in all.
 */
public final class PaidJudge implements Verdicts {

    private static final int ATTEMPTS = 3;
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

    /** Longer than any call, so that nothing that was set aside returns while it is out. */
    private static final Duration LEASE = Duration.ofHours(1);

    private final String name;
    private final ChatModel client;
    private final RemoteModelSettings settings;
    private final RemotePrice price;
    private final Duration timeout;
    private final JudgeBooks books;
    private final @Nullable MoneyLimit limit;
    private final @Nullable Budgets budgets;

    private PaidJudge(
            String name,
            ChatModel client,
            RemoteModelSettings settings,
            Duration timeout,
            JudgeBooks books,
            @Nullable MoneyLimit limit,
            @Nullable Budgets budgets) {
        this.name = name;
        this.client = client;
        this.settings = settings;
        this.price = new RemotePrice(settings);
        this.timeout = timeout;
        this.books = books;
        this.limit = limit;
        this.budgets = budgets;
    }

    /**
     * A judge without a money limit.
     *
     * @param name the model, for reports
     * @param client asks it; without patience of its own
     * @param settings what it costs, and its longest answer
     * @param timeout how long the client waits for an answer
     * @param books what was asked before and is asked now
     */
    public static PaidJudge of(String name, ChatModel client, RemoteModelSettings settings, Duration timeout, JudgeBooks books) {
        return new PaidJudge(name, client, settings, timeout, books, null, null);
    }

    /**
     * The same judge under the run's money limit.
     *
     * @param store the one that the cascade keeps its budgets in
     * @param spentMicroUsd what earlier starts of the run spent, judging included
     */
    public PaidJudge within(MoneyLimit most, BudgetStore store, long spentMicroUsd) {
        return new PaidJudge(name, client, settings, timeout, books, most, most.budgets(store, spentMicroUsd));
    }

    /** What it did so far, all starts of the run together. */
    public JudgeUse use() {
        return books.use(name);
    }

    @Override
    public Verdict of(EvalCase evalCase, AiMessage answer) {
        return Judge.decided(evalCase, answer).orElseGet(() -> compared(evalCase, answer.text() == null ? "" : answer.text()));
    }

    private Verdict compared(EvalCase evalCase, String reply) {
        LlmJudge.Outcome outcome = books.known(evalCase.id(), reply);
        if (outcome == null) {
            LlmJudge judge = new LlmJudge(new Metered(evalCase.id()));
            outcome = judge.judge(request(evalCase.messages()), reference(evalCase), reply);
            books.found(evalCase.id(), reply, outcome);
        }
        return LlmJudge.verdict(outcome);
    }

    private static String reference(EvalCase evalCase) {
        String reference = evalCase.expected() instanceof Expected.NoCall expected ? expected.referenceText() : null;
        if (reference == null) {
            throw new IllegalArgumentException(evalCase.id() + " says match llm-judge but holds no reference_text");
        }
        return reference;
    }

    /** The request alone where there is nothing else, otherwise the whole conversation. */
    private static String request(List<ChatMessage> messages) {
        return messages.size() == 1 && messages.getFirst() instanceof UserMessage user
                ? user.singleText()
                : messages.stream().map(PaidJudge::line).collect(Collectors.joining("\n"));
    }

    private static String line(ChatMessage message) {
        return switch (message) {
            case SystemMessage m -> "system: " + m.text();
            case UserMessage m -> "user: " + m.singleText();
            case AiMessage m -> "assistant: " + (m.text() == null ? "" : m.text()) + m.toolExecutionRequests().stream()
                    .map(PaidJudge::call)
                    .collect(Collectors.joining(" "));
            case ToolExecutionResultMessage m -> "tool: " + m.text();
            default -> String.valueOf(message);
        };
    }

    private static String call(ToolExecutionRequest request) {
        return request.name() + request.arguments();
    }

    /** Asks the model on behalf of one case: sets aside, writes down, asks, books. */
    private final class Metered implements ChatModel {

        private final String caseId;

        Metered(String caseId) {
            this.caseId = caseId;
        }

        @Override
        public ChatResponse chat(ChatRequest request) {
            ChatRequest bounded = ChatRequest.builder().messages(request.messages()).maxOutputTokens(settings.maxOutputTokens()).build();
            for (int attempt = 1; ; attempt++) {
                try {
                    return once(bounded);
                } catch (RemoteException fault) {
                    if (attempt == ATTEMPTS || !fault.kind().worthRetrying()) {
                        throw failed(fault);
                    }
                    Duration wait = fault.retryAfter().orElse(FIRST_WAIT.multipliedBy(1L << (attempt - 1)));
                    pause(wait, fault);
                }
            }
        }

        private void pause(Duration wait, RemoteException fault) {
            if (wait.compareTo(LONGEST_WAIT) > 0) {
                throw failed(fault);
            }
            try {
                Thread.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failed(fault);
            }
        }

        private ChatResponse once(ChatRequest request) {
            long worst = price.worstCase(request);
            Lease lease = lease(worst);
            try {
                long call = books.sending(caseId, worst);
                try {
                    ChatResponse response = client.chat(request);
                    TokenUsage usage = response.tokenUsage();
                    Integer in = usage == null ? null : usage.inputTokenCount();
                    Integer out = usage == null ? null : usage.outputTokenCount();
                    settle(lease, call, in == null ? price.promptTokens(request) : in, out == null ? price.answerTokens(response.aiMessage()) : out);
                    return response;
                } catch (RuntimeException thrown) {
                    RemoteException fault = RemoteException.of(thrown, timeout);
                    // the provider may have read the prompt, and billed it
                    settle(lease, call, fault.kind().mayBeBilled() ? price.promptTokens(request) : 0, 0);
                    throw fault;
                }
            } finally {
                if (lease != null) {
                    lease.release();
                }
            }
        }

        private @Nullable Lease lease(long worst) {
            if (budgets == null || limit == null) {
                return null;
            }
            return switch (budgets.lease(BudgetKeys.ofRequest(caseId), Amounts.of(Unit.MICRO_USD, worst), LEASE)) {
                case Grant.Granted granted -> granted.lease();
                case Grant.Exhausted exhausted -> throw new JudgeUnavailableException(limit.reachedByJudge(), false);
            };
        }

        private void settle(@Nullable Lease lease, long call, long input, long output) {
            long cost = price.cost(input, output);
            if (lease != null) {
                lease.settle(Amounts.of(Unit.MICRO_USD, cost));
            }
            books.ended(call, input, output, cost);
        }

        private JudgeUnavailableException failed(RemoteException fault) {
            String message = String.valueOf(fault.getMessage());
            // the advice behind the semicolon is about the cascade's LLM
            String what = message.contains("; ") ? message.substring(0, message.lastIndexOf("; ")) : message;
            return new JudgeUnavailableException("the judge " + name + " gave no verdict (" + what.replaceFirst("^the LLM ", "it ")
                    + "); a rerun goes on with these queries", true);
        }
    }
}
