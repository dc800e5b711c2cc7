package dev.outrider.agents;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.agents.AgentCall.Status;
import dev.outrider.router.CascadeAttributes;
import dev.outrider.router.CascadeChatResponseMetadata;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.RefusedException;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.tools.ToolCatalogue;
import dev.outrider.tools.ToolOutcome;

/** One run of an agent: query, check, run, report back, and again. */
final class AgentLoop {

    private final Agent agent;
    private final Conversation conversation;
    private final ToolCatalogue catalogue;
    private final AgentListener listener;
    private final List<AgentStep> steps = new ArrayList<>();

    AgentLoop(Agent agent, Conversation conversation) {
        this.agent = agent;
        this.conversation = conversation;
        this.catalogue = agent.catalogue();
        this.listener = new CalmListener(agent.listener());
    }

    AgentRun run(String request) {
        listener.onRequest(request);
        AgentRun run = loop();
        listener.onEnd(run);
        return run;
    }

    private AgentRun loop() {
        for (int number = 1; number <= agent.maxSteps(); number++) {
            if (interrupted()) {
                return cancelled();
            }
            listener.onQuery(number);
            long start = System.nanoTime();
            ChatResponse response;
            try {
                response = query();
            } catch (RefusedException refused) {
                listener.onRefused(number, refused.record());
                return refused.reason() == RefusalReason.CANCELLED
                        ? cancelled()
                        : ended(Outcome.REFUSED, OneLine.of(refused));
            } catch (RuntimeException failure) {
                return interrupted() ? cancelled() : ended(Outcome.FAILED, "The model failed: " + OneLine.of(failure));
            }
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            AiMessage answer = conversation.withUniqueCallIds(response.aiMessage());
            DecisionRecord record =
                    response.metadata() instanceof CascadeChatResponseMetadata cascade ? cascade.record() : null;
            listener.onAnswer(number, answer, record);
            if (!answer.hasToolExecutionRequests()) {
                return text(new AgentStep(number, answer, record, List.of(), took));
            }
            List<AgentCall> calls = number < agent.maxSteps()
                    ? work(number, answer.toolExecutionRequests())
                    : holdBack(number, answer.toolExecutionRequests(), "The step limit was reached before this call.");
            steps.add(new AgentStep(number, answer, record, calls, took));
            conversation.add(answer);
            calls.forEach(call -> conversation.add(call.outcome().toMessage()));
        }
        return ended(
                Outcome.STEP_LIMIT,
                "No final answer within " + agent.maxSteps() + " model queries; the calls of the last answer were not run."
                        + " Ask for less at once, or raise the step limit.");
    }

    private ChatResponse query() {
        ChatRequest request = ChatRequest.builder()
                .messages(conversation.messages())
                .toolSpecifications(catalogue.specifications())
                .build();
        CascadeAttributes attributes = CascadeAttributes.of(conversation.session(), null, agent.workload());
        return agent.model().chat(request, attributes.toOptions());
    }

    private AgentRun text(AgentStep step) {
        steps.add(step);
        String text = step.message().text();
        if (text == null || text.isBlank()) {
            return ended(Outcome.FAILED, "The model answered with neither text nor a call. Ask again, or in other words.");
        }
        conversation.add(step.message());
        return new AgentRun(text, steps, Outcome.ANSWERED, "");
    }

    /** Checks every call, and only when all of them may run, runs them in order. */
    private List<AgentCall> work(int number, List<ToolExecutionRequest> requests) {
        List<Status> statuses = requests.stream().map(this::statusOf).toList();
        boolean fine = statuses.stream().allMatch(status -> status == Status.RAN);
        List<AgentCall> calls = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            ToolExecutionRequest request = requests.get(i);
            Status status = statuses.get(i);
            if (status == Status.RAN && !fine) {
                calls.add(heldBack(request, "Not run, because another call of the same answer was refused."));
            } else if (status == Status.RAN && interrupted()) {
                calls.add(heldBack(request, "Not run, because the run was cancelled."));
            } else {
                // a call that does not pass its check runs nothing here: the catalogue answers with the reason
                calls.add(new AgentCall(status, catalogue.execute(request)));
            }
            listener.onCall(number, calls.getLast());
        }
        return calls;
    }

    /** What will become of a call when nothing else stands against it. */
    private Status statusOf(ToolExecutionRequest request) {
        if (!catalogue.contains(request.name())) {
            return Status.UNKNOWN;
        }
        return catalogue.check(request).valid() ? Status.RAN : Status.INVALID;
    }

    private List<AgentCall> holdBack(int number, List<ToolExecutionRequest> requests, String why) {
        List<AgentCall> calls =
                requests.stream().map(request -> heldBack(request, why)).toList();
        calls.forEach(call -> listener.onCall(number, call));
        return calls;
    }

    private AgentCall heldBack(ToolExecutionRequest request, String why) {
        ToolOutcome outcome = new ToolOutcome(
                request, false, "{\"error\":\"" + why + "\"}", catalogue.effectOf(request.name()), Duration.ZERO);
        return new AgentCall(Status.HELD_BACK, outcome);
    }

    /** Leaves the flag as it is: who interrupted the thread expects its caller to see that too. */
    private static boolean interrupted() {
        return Thread.currentThread().isInterrupted();
    }

    private AgentRun cancelled() {
        long ran = steps.stream()
                .flatMap(step -> step.calls().stream())
                .filter(AgentCall::ran)
                .count();
        return ended(
                Outcome.CANCELLED,
                "Cancelled after " + steps.size() + " model queries and " + ran + " tool calls, each of them complete.");
    }

    private AgentRun ended(Outcome outcome, @Nullable String reason) {
        return new AgentRun("", steps, outcome, reason == null ? "" : reason);
    }
}
