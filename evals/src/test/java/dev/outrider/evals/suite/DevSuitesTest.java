package dev.outrider.evals.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.internal.JsonSchemaElementUtils;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.evals.Shared;

class DevSuitesTest {

    @ParameterizedTest(name = "{0} loads with {1} cases")
    @CsvSource({
        "apibank,296", "bfcl_java_js,90", "bfcl_live,1351", "bfcl_multi_turn_steps,1363", "bfcl_nonlive,743",
        "tau_airline_gpt4o,220", "toolalpaca,102", "tooltalk_steps,300", "when2call,166", "routellm_outcomes,3343"
    })
    void everyToolSuiteLoads(String name, int cases) {
        Suite suite = Suite.load(Shared.devSuites().resolve(name + ".jsonl"));
        assertThat(suite.cases()).hasSize(cases);
        assertThat(suite.name()).isEqualTo(name);
    }

    @Test
    void suitesThatCannotBeJudgedAreRefusedWithTheReason() {
        var dev = Shared.devSuites();
        assertThatThrownBy(() -> Suite.load(dev.resolve("ifbench_freetext.jsonl")))
                .isInstanceOf(SuiteException.class)
                .hasMessage("ifbench_freetext.jsonl:1: match \"constraints\" cannot be judged here: "
                        + "its checkers are not part of this program");
        assertThatThrownBy(() -> Suite.load(dev.resolve("bfcl_matching_vectors.jsonl")))
                .hasMessageStartingWith("bfcl_matching_vectors.jsonl:1: no \"expected\"");
        assertThatThrownBy(() -> Suite.load(dev.resolve("agent_logs/metagpt_cached_queries.jsonl")))
                .hasMessageStartingWith("metagpt_cached_queries.jsonl:1: no \"expected\": this is a log");
    }

    @Test
    void aFolderLoadsAllItsSuitesAndNamesTheFilesThatAreNone() {
        Suite all = Suite.load(Shared.devSuites());
        assertThat(all.cases()).hasSize(296 + 90 + 1351 + 1363 + 743 + 220 + 102 + 300 + 166 + 3343);
        assertThat(all.skipped()).hasSize(2);
    }

    @Test
    void recordedOutcomesAreLoadedAndCannotBeRun() {
        Suite suite = Suite.load(Shared.devSuites().resolve("routellm_outcomes.jsonl"));
        assertThat(suite.cases()).noneMatch(EvalCase::runnable);
        long strong = suite.cases().stream()
                .filter(c -> c.expected() instanceof Expected.Outcomes o && o.strong())
                .count();
        assertThat(strong / 3343.0).isBetween(0.819, 0.821);
    }

    @Test
    void stepsOfOneBenchmarkTaskAreOneTask() {
        Suite tau = Suite.load(Shared.devSuites().resolve("tau_airline_gpt4o.jsonl"));
        assertThat(tau.cases().stream().map(EvalCase::task).distinct()).hasSize(22);
        Suite talk = Suite.load(Shared.devSuites().resolve("tooltalk_steps.jsonl"));
        assertThat(talk.cases().stream().map(EvalCase::task).distinct().count()).isLessThanOrEqualTo(48);
    }

    @Test
    void casesThatAskTheSameQuestionAreOneClusterAcrossSuites() {
        var dev = Shared.devSuites();
        Suite both = Suite.load(List.of(dev.resolve("bfcl_live.jsonl").toString(), dev.resolve("when2call.jsonl").toString()));
        var live = both.filter(c -> c.suite().equals("bfcl_live")).cases().stream().map(EvalCase::cluster).toList();
        assertThat(both.filter(c -> c.category().equals("w2c_tool_call")).cases())
                .anyMatch(c -> live.contains(c.cluster()));
    }

    @Test
    void toolSchemasReachAProviderAsTheyWereWritten() {
        for (EvalCase c : Suite.load(Shared.devSuites().resolve("bfcl_live.jsonl")).cases()) {
            for (ToolDefinition tool : c.tools()) {
                Map<String, Object> sent = JsonSchemaElementUtils.toMap(tool.specification().parameters());
                String text = Json.write(sent);
                assertThat(text).doesNotContain("x-bfcl-type");
                tool.parameters().path("properties").properties().forEach(p -> {
                    var schema = p.getValue();
                    var there = Objects.requireNonNull(Json.readObject(text)).path("properties").path(p.getKey());
                    for (String keyword : List.of("type", "default", "enum", "maximum", "description")) {
                        assertThat(there.get(keyword)).as("%s %s", c.id(), p.getKey()).isEqualTo(schema.get(keyword));
                    }
                });
            }
        }
    }
}
