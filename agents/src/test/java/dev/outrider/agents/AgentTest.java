package dev.outrider.agents;

import static dev.outrider.agents.ScriptedModel.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

import dev.outrider.agents.AgentCall.Status;
import dev.outrider.tools.ToolCatalogue;

@DisplayNameGeneration(ReplaceUnderscores.class)
final class AgentTest {

    private final Till till = new Till();
    private final ScriptedModel model = new ScriptedModel();

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    private Agent.Builder agent() {
        return Agent.builder().model(model).catalogue(ToolCatalogue.of(till));
    }

    private AgentRun run() {
        return agent().build().run("Pay Mira.");
    }

    @Test
    void a_plain_answer_needs_one_query() {
        model.says("Good morning.");

        AgentRun run = run();

        assertThat(run.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(run.finalText()).isEqualTo("Good morning.");
        assertThat(run.steps()).hasSize(1);
        assertThat(model.requests().getFirst().toolSpecifications()).hasSize(4);
    }

    @Test
    void several_calls_of_one_answer_run_in_order_and_the_model_reads_their_results() {
        model.calls(call("a", "balance", "{}"), call("b", "pay", "{\"amount\":5}")).says("Paid 5.");

        AgentRun run = run();

        assertThat(run.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(till.journal).containsExactly("balance", "pay 5");
        assertThat(results(model.requests().getLast().messages()))
                .extracting(ToolExecutionResultMessage::id, ToolExecutionResultMessage::text)
                .containsExactly(
                        tuple("a", "{\"balance\":12}"),
                        tuple("b", "{\"paid\":5}"));
    }

    @Test
    void no_call_runs_when_a_later_one_of_the_same_answer_breaks_its_schema() {
        model.calls(call("a", "pay", "{\"amount\":5}"), call("b", "pay", "{\"amount\":\"much\"}"))
                .says("I could not.");

        AgentRun run = run();

        assertThat(till.journal).isEmpty();
        assertThat(run.count(Status.HELD_BACK)).isEqualTo(1);
        assertThat(run.count(Status.INVALID)).isEqualTo(1);
        assertThat(results(model.requests().getLast().messages()).getLast().text()).contains("amount");
        assertThat(run.outcome()).isEqualTo(Outcome.ANSWERED);
    }

    @Test
    void an_unknown_tool_is_answered_with_the_tools_there_are_and_counted() {
        model.calls(call("a", "teleport", "{}")).says("No.");

        AgentRun run = run();

        assertThat(run.count(Status.UNKNOWN)).isEqualTo(1);
        assertThat(results(model.requests().getLast().messages()).getFirst().text()).contains("teleport", "balance");
    }

    @Test
    void a_call_without_a_name_or_arguments_is_answered_too() {
        model.then(AiMessage.from(
                        ToolExecutionRequest.builder().build()))
                .says("No.");

        assertThat(run().count(Status.UNKNOWN)).isEqualTo(1);
    }

    @Test
    void a_tool_that_throws_is_an_error_that_the_model_reads_in_one_line() {
        model.calls(call("a", "jam", "{}")).says("The till is stuck.");

        AgentRun run = run();

        assertThat(run.outcome()).isEqualTo(Outcome.ANSWERED);
        ToolExecutionResultMessage result =
                results(model.requests().getLast().messages()).getFirst();
        assertThat(result.isError()).isTrue();
        assertThat(result.text()).contains("stuck").doesNotContain("\n");
    }

    @Test
    void missing_and_repeated_call_ids_are_replaced_also_across_steps() {
        model.calls(call("x", "pay", "{\"amount\":1}"), call("x", "pay", "{\"amount\":2}"))
                .calls(call(null, "pay", "{\"amount\":3}"), call("x", "pay", "{\"amount\":4}"))
                .says("Done.");

        run();

        List<ChatMessage> messages = model.requests().getLast().messages();
        assertThat(till.journal).containsExactly("pay 1", "pay 2", "pay 3", "pay 4");
        assertThat(results(messages))
                .extracting(ToolExecutionResultMessage::id)
                .doesNotHaveDuplicates()
                .hasSize(4)
                .first()
                .isEqualTo("x");
        assertThat(callIds(messages))
                .containsExactlyElementsOf(results(messages).stream()
                        .map(ToolExecutionResultMessage::id)
                        .toList());
    }

    @Test
    void calls_of_the_last_allowed_answer_do_not_run() {
        for (int i = 0; i < 3; i++) {
            model.calls(call(null, "pay", "{\"amount\":1}"));
        }

        AgentRun run = agent().maxSteps(3).build().run("Pay for ever.");

        assertThat(run.outcome()).isEqualTo(Outcome.STEP_LIMIT);
        assertThat(run.reason()).contains("3 model queries").doesNotContain("\n");
        assertThat(till.journal).hasSize(2);
        assertThat(run.count(Status.HELD_BACK)).isEqualTo(1);
    }

    @Test
    void an_interrupt_before_the_first_query_asks_nobody() {
        Thread.currentThread().interrupt();

        AgentRun run = run();

        assertThat(run.outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(model.requests()).isEmpty();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }

    @Test
    void an_interrupt_during_a_tool_lets_it_finish_and_holds_back_the_next() {
        model.calls(call("a", "stamp", "{}"), call("b", "pay", "{\"amount\":5}")).says("never");

        AgentRun run = run();

        assertThat(run.outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(run.reason()).contains("1 tool calls");
        assertThat(till.journal).containsExactly("stamp");
        assertThat(run.count(Status.HELD_BACK)).isEqualTo(1);
    }

    @Test
    void a_model_that_fails_because_of_the_interrupt_is_a_cancelled_run() {
        model.then(request -> {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting");
        });

        assertThat(run().outcome()).isEqualTo(Outcome.CANCELLED);
    }

    @Test
    void a_model_that_fails_ends_the_run_with_one_line() {
        model.then(request -> {
            throw new IllegalStateException("out of\nsorts");
        });

        AgentRun run = run();

        assertThat(run.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(run.reason()).isEqualTo("The model failed: out of sorts");
    }

    @Test
    void an_answer_with_neither_text_nor_call_is_a_failure() {
        model.says(" ");

        assertThat(run().outcome()).isEqualTo(Outcome.FAILED);
    }

    @Test
    void a_blank_request_is_refused_before_anybody_is_asked() {
        assertThatThrownBy(() -> agent().build().run("  ")).isInstanceOf(IllegalArgumentException.class);
        assertThat(model.requests()).isEmpty();
    }

    @Test
    void a_follow_up_sees_what_was_said_and_done() {
        model.calls(call("a", "balance", "{}")).says("12 euros.").says("As I said, 12.");
        Conversation conversation = agent().systemPrompt("Be brief.").build().newConversation();

        conversation.send("What is in the till?");
        AgentRun second = conversation.send("Sure?");

        assertThat(second.finalText()).isEqualTo("As I said, 12.");
        assertThat(model.requests().getLast().messages())
                .extracting(ChatMessage::getClass)
                .extracting(Class::getSimpleName)
                .containsExactly(
                        SystemMessage.class.getSimpleName(),
                        UserMessage.class.getSimpleName(),
                        AiMessage.class.getSimpleName(),
                        ToolExecutionResultMessage.class.getSimpleName(),
                        AiMessage.class.getSimpleName(),
                        UserMessage.class.getSimpleName());
    }

    @Test
    void a_request_that_failed_before_any_tool_ran_leaves_no_trace() {
        model.then(request -> {
                    throw new IllegalStateException("down");
                })
                .says("Hello.");
        Conversation conversation = agent().build().newConversation();

        conversation.send("First.");
        conversation.send("Second.");

        assertThat(model.requests().getLast().messages()).hasSize(1);
    }

    @Test
    void a_request_that_failed_after_a_tool_ran_keeps_what_was_done_with_every_result() {
        model.calls(call("a", "pay", "{\"amount\":5}"))
                .then(request -> {
                    throw new IllegalStateException("down");
                })
                .says("5 were paid.");
        Conversation conversation = agent().build().newConversation();

        conversation.send("Pay 5.");
        conversation.send("Did you?");

        List<ChatMessage> messages = model.requests().getLast().messages();
        assertThat(messages).hasSize(4);
        assertThat(callIds(messages)).containsExactly("a");
        assertThat(results(messages)).hasSize(1);
    }

    @Test
    void a_listener_sees_the_run_live_and_may_fail_without_harm() {
        model.calls(call("a", "balance", "{}")).says("12.");
        List<String> seen = new ArrayList<>();
        AgentListener listener = new AgentListener() {
            @Override
            public void onQuery(int step) {
                seen.add("query " + step + " after " + till.journal);
            }

            @Override
            public void onCall(int step, AgentCall call) {
                seen.add(call.outcome().request().name());
                throw new IllegalStateException("the screen is gone");
            }

            @Override
            public void onEnd(AgentRun run) {
                seen.add(run.outcome().name());
            }
        };

        agent().listener(listener).build().run("What is in the till?");

        assertThat(seen).containsExactly("query 1 after []", "balance", "query 2 after [balance]", "ANSWERED");
    }

    private static List<ToolExecutionResultMessage> results(List<ChatMessage> messages) {
        return messages.stream()
                .filter(ToolExecutionResultMessage.class::isInstance)
                .map(ToolExecutionResultMessage.class::cast)
                .toList();
    }

    private static List<String> callIds(List<ChatMessage> messages) {
        return messages.stream()
                .filter(AiMessage.class::isInstance)
                .flatMap(message -> ((AiMessage) message).toolExecutionRequests().stream())
                .map(ToolExecutionRequest::id)
                .toList();
    }
}
