package dev.outrider.evals.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.Runs;
import dev.outrider.evals.stats.NonInferiority;
import dev.outrider.evals.suite.Suite;

/** One run of the desk suite through the real cascade; every statistic is held against counting it plainly. */
class StatisticsTest {

    private static final EnergyInputs ENERGY =
            EnergyInputs.parse("local-watts=40,local-pue=1,local-utilisation=0.5,llm-joules-per-prompt-token=0.01,"
                    + "llm-joules-per-answer-token=2,llm-pue=1.2,llm-utilisation=1");

    private static final EvalRun RUN = run();

    @TempDir
    Path folder;

    private static EvalRun run() {
        Suite suite = Suite.desk();
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect())) {
            return EvalRunner.builder().model(Runs.cascade(new ScriptedSlm(suite.cases(), 0.6, 2), llm)).build().run(suite);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ReplacementReport report(ReportInputs inputs) {
        return ReplacementReport.of(Runs.info("desk", SimulatedLlmBehaviour.perfect()), RUN, inputs);
    }

    private static ReplacementReport report() {
        return report(new ReportInputs(0.05, ENERGY, LlmAlone.unknown()));
    }

    @Test
    void sharesAreWhatAddingTheQueriesUpGives() {
        ReplacementReport report = report();
        Statistics s = report.statistics();
        assertThat(Objects.requireNonNull(s.all().calls()).value())
                .isCloseTo(Objects.requireNonNull(report.total().replacementRate()), within(1e-12));
        double replaced = 0;
        double all = 0;
        for (QueryResult r : report.headline()) {
            QueryFacts f = QueryFacts.of(r);
            double scale = f.counted() ? 1 : report.cost().inputScale();
            double outScale = f.counted() ? 1 : report.cost().outputScale();
            double tokens = f.llmPrompt() * scale + f.llmAnswer() * outScale;
            all += tokens;
            replaced += r.replaced() ? tokens : 0;
        }
        assertThat(Objects.requireNonNull(s.all().tokens()).value()).isCloseTo(replaced / all, within(1e-9));
        assertThat(s.kinds().stream().mapToLong(Shares::queries).sum()).isEqualTo(report.total().queries());
        assertThat(s.workloads()).extracting(Shares::name).contains("read", "money");
        assertThat(s.workloads().stream().mapToLong(Shares::queries).sum()).isEqualTo(report.total().queries());
        for (Shares kind : s.kinds()) {
            assertThat(Objects.requireNonNull(kind.calls()).value()).isBetween(kind.calls().low(), kind.calls().high());
        }
        // money replaced is net: what local attempts cost is taken off
        Cost cost = report.cost();
        double gross = report.headline().stream().filter(QueryResult::replaced).count();
        assertThat(gross).isPositive();
        assertThat(Objects.requireNonNull(s.all().money()).value()).isLessThan(1 - (double) cost.remoteMicroUsd() / cost.llmOnlyMicroUsd());
    }

    @Test
    void aPerfectLlmIsLostToOnlyWhereALocalAnswerIsWrong() {
        NonInferiority test = Objects.requireNonNull(report().statistics().nonInferiority());
        ReplacementReport report = report();
        long wrong = report.headline().stream().filter(r -> !r.right()).count();
        assertThat(test.onlyLlm()).isEqualTo(wrong);
        assertThat(test.onlyCascade()).isZero();
        assertThat(test.difference()).isCloseTo(Objects.requireNonNull(report.total().endAccuracy()) - 1, within(1e-12));
        assertThat(test.with(0.99).notInferior()).isTrue();
        assertThat(test.lower()).isLessThan(test.difference());
    }

    @Test
    void theRandomRouterMixesBothEnds() {
        ReplacementReport report = report();
        double local = Objects.requireNonNull(report.total().localShare());
        double expected = local * Objects.requireNonNull(report.total().allLocalAccuracy()) + 1 - local;
        assertThat(Objects.requireNonNull(report.statistics().random()).value()).isCloseTo(expected, within(1e-12));
        assertThat(Objects.requireNonNull(report.statistics().overRandom()).value())
                .isCloseTo(Objects.requireNonNull(report.total().endAccuracy()) - expected, within(1e-12));
        assertThat(report.statistics().frontier().strong()).isEqualTo(1);
        assertThat(report.statistics().frontier().weak()).isEqualTo(report.total().allLocalAccuracy());
    }

    @Test
    void whatIsNotKnownOfARealLlmIsTakenToBeRight() {
        RunInfo real = new RunInfo("desk", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.real("big"), Runs.policy(), 1);
        NonInferiority blind = Objects.requireNonNull(ReplacementReport.of(real, RUN).statistics().nonInferiority());
        long local = RUN.results().stream().filter(r -> r.flags().isEmpty() && r.answeredLocally()).count();
        assertThat(blind.assumed()).isEqualTo(local).isPositive();

        Map<String, Boolean> wrongEverywhere = new HashMap<>();
        RUN.results().forEach(r -> wrongEverywhere.put(r.caseId(), false));
        Statistics told = ReplacementReport.of(real, RUN, new ReportInputs(0.02, null, LlmAlone.of(wrongEverywhere))).statistics();
        NonInferiority test = Objects.requireNonNull(told.nonInferiority());
        assertThat(test.assumed()).isZero();
        assertThat(test.difference()).isPositive();
        assertThat(test.notInferior()).isTrue();
        assertThat(told.tasks().llmOnlyMicroUsdPerRight()).isNotNull();
    }

    @Test
    void anEarlierRunTellsHowTheLlmDoesAlone() throws IOException {
        Path file = folder.resolve("report.json");
        Files.writeString(file, JsonReport.write(report()));
        LlmAlone alone = LlmAlone.ofReport(file);
        QueryResult escalated = RUN.results().stream().filter(r -> r.route() == Route.REMOTE).findFirst().orElseThrow();
        QueryResult local = RUN.results().stream().filter(QueryResult::answeredLocally).findFirst().orElseThrow();
        assertThat(alone.right(escalated.caseId())).isTrue();
        assertThat(alone.right(local.caseId())).isNull();
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> LlmAlone.ofReport(file)).hasMessageContaining("is no report.json: it has no rows");
    }

    @Test
    void joulesComeFromWhatIsStatedAndFromNothingElse() {
        assertThat(report(ReportInputs.DEFAULT).statistics().energy()).isNull();
        assertThat(report(ReportInputs.DEFAULT).statistics().all().joules()).isNull();
        Statistics.Energy energy = Objects.requireNonNull(report().statistics().energy());
        double seconds = RUN.results().stream().filter(r -> r.flags().isEmpty()).mapToDouble(r -> QueryFacts.of(r).localSeconds()).sum();
        assertThat(energy.local()).isCloseTo(seconds * 40 / 0.5, within(1e-6));
        assertThat(energy.remote()).isLessThan(energy.llmOnly());
        assertThat(ENERGY.llm(100, 10)).isCloseTo((1 + 20) * 1.2, within(1e-12));
        assertThatThrownBy(() -> EnergyInputs.parse("local-watts=40")).hasMessageContaining("energy: local-pue is missing");
        assertThatThrownBy(() -> EnergyInputs.parse("watts=40")).hasMessageContaining("'watts=40' is none of local-watts=…");
        assertThatThrownBy(() -> EnergyInputs.parse("local-watts=much")).hasMessageContaining("local-watts must be a number but is much");
        assertThatThrownBy(() -> new EnergyInputs(1, 0.5, 1, 1, 1, 1, 1)).hasMessageContaining("local-pue must be from 1.0 to 10.0 but is 0.5");
    }

    @Test
    void theJsonFollowsTheDocumentedSchema() throws IOException {
        String root = System.getProperty("outrider.root");
        Path path = (root == null ? Path.of("..") : Path.of(root)).resolve("docs/report.schema.json");
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(Files.readString(path));
        assertThat(schema.validate(JsonReport.write(report()), InputFormat.JSON)).isEmpty();
        assertThat(schema.validate(JsonReport.write(report(ReportInputs.DEFAULT)), InputFormat.JSON)).isEmpty();
        String broken = JsonReport.write(report()).replace("\"replacementRate\"", "\"replacement_rate\"");
        assertThat(schema.validate(broken, InputFormat.JSON)).isNotEmpty();
    }

    @Test
    void theMarkdownHoldsTheFiguresAndNoMarkupOfOthers() {
        String markdown = MarkdownReport.render(report());
        assertThat(markdown)
                .contains("# Replacement report: desk", "| replacement rate | " + Wording.percent(report().total().replacementRate()))
                .contains("SIMULATED", "by joules, net", "| read |", "| money | joules |", "random router of the same share", "whole query p50 / p95", "not comparable", "LOW\\_CONFIDENCE", "60 / 40 / 70");
        assertThat(MarkdownReport.text("a|b\n*c* <d>")).isEqualTo("a\\|b \\*c\\* \\<d\\>");
    }

    @Test
    void thePageShowsTheCurves() {
        String html = HtmlReport.render(report());
        assertThat(html).contains("Cost and quality", "Reliability", "Risk and coverage", "APGR", "CPT(50 %)", "AIQ", "money per right task")
                .contains("by workload of the policy", "Energy is reckoned, not measured", "As good as the LLM alone?")
                .doesNotContain("NaN", "http:", "https:");
    }
}
