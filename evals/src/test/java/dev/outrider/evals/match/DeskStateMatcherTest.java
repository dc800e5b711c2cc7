package dev.outrider.evals.match;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;

/** Answers are run on a real desk and judged by what they do to it. */
class DeskStateMatcherTest {

    @TempDir
    Path folder;

    @Test
    void everyGoldAnswerOfTheDeskSuiteLeadsWhereGoldLeads() {
        DeskStateMatcher matcher = new DeskStateMatcher();
        Suite suite = Suite.desk().sampleTasks(40, 11);
        assertThat(suite.cases()).filteredOn(EvalCase::expectsCall).isNotEmpty().allSatisfy(c -> {
            var expected = (dev.outrider.evals.suite.Expected.Calls) c.expected();
            assertThat(matcher.match(c, expected, ModelCall.of(GoldAnswer.of(c)))).as(c.id()).isEqualTo(Verdict.ok());
        });
    }

    @Test
    void whatEndsInTheSameDatabaseIsRightInAnyOrder() throws Exception {
        EvalCase c = evalCase("""
                {"calls":[{"name":"cancel_order","arguments":{"order_id":["ORD-48621"]}},\
                {"name":"get_order","arguments":{"order_id":["ORD-48213"]}}],"order":"exact"}""");
        assertThat(judge(c, call("get_order", "{\"order_id\":\"ORD-48213\"}"), call("cancel_order", "{\"order_id\":\"ORD-48621\"}")).right())
                .isTrue();
    }

    @Test
    void anotherDatabaseIsWrong() throws Exception {
        EvalCase c = evalCase("{\"calls\":[{\"name\":\"cancel_order\",\"arguments\":{\"order_id\":[\"ORD-48621\"]}}],\"order\":\"exact\"}");
        assertThat(judge(c, call("cancel_order", "{\"order_id\":\"ORD-48621\"}")).right()).isTrue();
        assertThat(judge(c, call("get_order", "{\"order_id\":\"ORD-48621\"}")).reason()).contains("database does not end");
        assertThat(judge(c).reason()).contains("a call of cancel_order expected");
        assertThat(judge(c, call("cancel_order", "[1]")).reason()).contains("no JSON object");
        assertThat(judge(c, call("cancel_order", "{\"order\":1}")).reason()).contains("cancel_order failed");
    }

    @Test
    void aReadingCallMustBringWhatGoldBrings() throws Exception {
        EvalCase c = evalCase("{\"calls\":[{\"name\":\"get_order\",\"arguments\":{\"order_id\":[\"ORD-48213\"]}}],\"order\":\"exact\"}");
        assertThat(judge(c, call("get_order", "{\"order_id\":\"ORD-48213\"}")).right()).isTrue();
        assertThat(judge(c, call("get_order", "{\"order_id\":\"ORD-48621\"}")).reason()).contains("do not bring");
    }

    private static Verdict judge(EvalCase c, ToolExecutionRequest... calls) {
        return Judge.judge(c, calls.length == 0 ? AiMessage.from("no") : AiMessage.from(List.of(calls)));
    }

    private EvalCase evalCase(String expected) throws Exception {
        try (var in = Suite.class.getResourceAsStream("/dev/outrider/evals/desk-toolsets.json")) {
            Files.write(folder.resolve("toolsets.json"), in.readAllBytes());
        }
        Path file = Files.writeString(folder.resolve("state.jsonl"), """
                {"id":"a","suite":"s","category":"c","toolset":"desk","messages":[{"role":"user","content":"go"}],"expected":%s,"match":"desk-state"}
                """.formatted(expected));
        return Suite.load(file).cases().getFirst();
    }

    private static ToolExecutionRequest call(String name, String arguments) {
        return ToolExecutionRequest.builder().id("1").name(name).arguments(arguments).build();
    }
}
