package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;

/** What {@code outrider eval} takes from outside for its report: stated energy, a margin, a run of the LLM alone. */
final class EvalReportOptionsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String ENERGY = "local-watts=45,local-pue=1,local-utilisation=0.5,llm-joules-per-prompt-token=0.01,"
            + "llm-joules-per-answer-token=2,llm-pue=1.2,llm-utilisation=0.6";

    @TempDir
    private Path temp;

    @BeforeEach
    void needsTheModel() {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
    }

    @Test
    void aRunOfTheLlmAloneIsThePairAndEnergyIsStatedEverywhere() throws Exception {
        Files.writeString(temp.resolve("llm-only.yaml"), """
                version: llm-only
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 5}
                workloads:
                  - {name: all, then: escalate}
                """);
        // an LLM that the environment names, wrong now and then, whose verdicts nobody knows beforehand
        try (SimulatedLlm llm = SimulatedLlm.start(
                Suite.desk().cases(), SimulatedLlmBehaviour.builder().wrongRate(0.3).seed(3).build())) {
            Cli.Result alone = cli(llm).run("eval", "desk", "--sample", "30", "--policy", "llm-only.yaml", "--out", "llm");
            assertThat(alone.code()).as(alone.err()).isZero();
            String[] command = {"eval", "desk", "--sample", "30", "--out", "both", "--llm-alone", "llm", "--margin", "0.4", "--energy", ENERGY};
            Cli.Result table = cli(llm).run(command);

            assertThat(table.code()).as(table.err()).isZero();
            JsonNode statistics = JSON.readTree(temp.resolve("both/report.json").toFile()).path("statistics");
            JsonNode test = statistics.path("nonInferiority");
            assertThat(test.path("margin").asDouble()).isEqualTo(0.4);
            Set<String> paired = cases(temp.resolve("llm/report.json"), "remote");
            Set<String> local = cases(temp.resolve("both/report.json"), "local");
            assertThat(local).isNotEmpty();
            local.removeAll(paired);
            assertThat(test.path("llmTakenAsRight").asInt()).isEqualTo(local.size());
            assertThat(test.path("onlyCascadeRight").asInt()).as("the LLM is wrong where it is paired").isPositive();
            assertThat(statistics.path("llmBasis").asText()).contains("from a run of big (llm)");
            assertThat(statistics.at("/energy/stated/local-watts").asDouble()).isEqualTo(45);
            assertThat(statistics.at("/replaced/all/joules/value").isNumber()).isTrue();
            assertThat(table.out()).contains("margin 40.0 points", "by joules", "energy");
            assertThat(table.out().replaceAll("\\s+", " ")).contains("Stated inputs: local-watts 45, local-pue 1, local-utilisation 0.5,");
            for (String file : new String[] {"both/report.html", "both/report.md"}) {
                assertThat(Files.readString(temp.resolve(file)).replace("\\", ""))
                        .contains("Stated inputs: local-watts 45", "llm-utilisation 0.6", "margin", "from a run of big (llm)");
            }
            String noPair = cli(llm).run("eval", "desk-calibration", "--sample", "5", "--out", "x", "--llm-alone", "llm").failedInOneLine(2);
            assertThat(noPair).contains("--llm-alone: a run of big (llm) has no case in common with this one");
        }
    }

    @Test
    void aSlipIsNamedBeforeAnythingRuns() throws Exception {
        assertThat(refused("--margin", "2")).contains("--margin must be between 0 and 1").contains("2.0");
        assertThat(refused("--energy", "local-watts=45")).contains("--energy: local-pue is missing; state all of");
        assertThat(refused("--energy", "watts=45")).contains("--energy: 'watts=45' is none of local-watts=…");
        assertThat(refused("--llm-alone", "nowhere")).contains("--llm-alone: nowhere cannot be read; name a report.json");
        Files.writeString(temp.resolve("report.json"), "{\"rows\":[{\"case\":\"a\",\"route\":\"local\",\"right\":true}]}");
        assertThat(refused("--llm-alone", ".")).contains("has no query that an LLM answered", "then: escalate");
        assertThat(temp.resolve("r")).doesNotExist();
    }

    private static Set<String> cases(Path report, String route) throws IOException {
        Set<String> cases = new HashSet<>();
        for (JsonNode row : JSON.readTree(report.toFile()).path("rows")) {
            if (row.path("route").asText().equals(route)) {
                cases.add(row.path("case").asText());
            }
        }
        return cases;
    }

    private String refused(String option, String value) throws Exception {
        return new Cli(temp).run("eval", "desk", "--out", "r", option, value).failedInOneLine(2);
    }

    private Cli cli(SimulatedLlm llm) {
        return new Cli(temp).with("OUTRIDER_LLM_URL", llm.baseUrl().toString()).with("OUTRIDER_LLM_MODEL", "big");
    }
}
