package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecord.Audit;
import dev.outrider.router.ledger.DecisionRecord.Evidence;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.slm.SlmEngine;

/** {@code outrider calibrate} as a person runs it. */
final class CalibrateCommandTest {

    @TempDir
    private Path temp;

    @Test
    void aSuiteGivesATableAPageAndTheSameTableAgain() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        Cli cli = new Cli(temp);
        Path suite = temp.resolve("part.jsonl");
        List<String> all = resource("desk-calibration.jsonl").lines().toList();
        List<String> part = new ArrayList<>();
        for (int i = 0; i < all.size(); i += 12) {
            part.add(all.get(i));
        }
        Files.write(suite, part);
        Files.writeString(temp.resolve("part-toolsets.json"), resource("desk-toolsets.json"));

        Cli.Result first = cli.run(
                "calibrate", "--from", "part.jsonl", "--target-risk", "0.25", "--risk-kind", "joint", "--html", "page.html", "--out", "a.json");

        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.err()).contains("no LLM is asked");
        assertThat(first.out()).contains("workload", "read", "reply", "expires", "a.json", "page.html");
        CalibrationTable table = CalibrationTable.load(temp.resolve("a.json"));
        assertThat(table.workloads().keySet()).contains("read", "reply").isSubsetOf("money", "read", "reply", "write");
        assertThat(table.by()).isEqualTo(CalibrationTable.By.EFFECT);
        assertThat(table.sha256()).hasSize(64);
        assertThat(table.source().names()).containsExactly("part.jsonl");
        assertThat(table.workloads().values()).allSatisfy(c ->
                assertThat(c.threshold().isPresent() || c.whyNot() != null).isTrue());
        String page = Files.readString(temp.resolve("page.html"));
        assertThat(page).contains("<svg", "Reliability", "Risk and coverage").doesNotContain("http://", "https://", "NaN");

        try (SimulatedLlm llm = SimulatedLlm.start(Suite.load(suite).cases(), SimulatedLlmBehaviour.perfect())) {
            Cli.Result second = cli.with("OUTRIDER_LLM_URL", llm.baseUrl().toString())
                    .with("OUTRIDER_LLM_MODEL", SimulatedLlm.MODEL)
                    .run(
                            "calibrate", "--from", "part.jsonl", "--target-risk", "0.25", "--risk-kind", "joint", "--out", "b.json",
                            "--json", "--ask-llm");
            assertThat(second.code()).as(second.err()).isZero();
            assertThat(second.err()).contains("the LLM is asked too");
            CalibrationTable again = CalibrationTable.parse("stdout", second.out());
            assertThat(again.workloads().values()).anySatisfy(c -> assertThat(c.llm()).isNotNull());
            table.workloads().forEach((name, c) -> {
                WorkloadCalibration other = again.of(name).orElseThrow();
                assertThat(other.calibrator()).isEqualTo(c.calibrator());
                assertThat(other.threshold()).isEqualTo(c.threshold());
            });
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Suite.class.getResourceAsStream("/dev/outrider/evals/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aLedgerWithAuditsGivesATable() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        String slm;
        try (SlmEngine engine = SlmEngine.embedded()) {
            slm = engine.info().name();
        }
        writeLedger(temp.resolve("ledger.jsonl"), slm);

        Cli.Result result =
                new Cli(temp).run("calibrate", "--from", "ledger.jsonl", "--by", "workload", "--risk-kind", "conditional", "--target-risk", "0.1");

        assertThat(result.code()).as(result.err()).isZero();
        WorkloadCalibration shop =
                CalibrationTable.load(temp.resolve("calibration.json")).of("shop").orElseThrow();
        assertThat(shop.threshold()).isPresent();
        assertThat(shop.promise()).isEqualTo("conditional risk ≤ 0.100 at 95 %");
        assertThat(result.out()).contains("shop", "conditional risk ≤ 0.100 at 95 %");
    }

    /** Two kinds of answers, sure and right or unsure and often wrong; of the accepted every second is audited. */
    private static void writeLedger(Path file, String slm) {
        Random random = new Random(7);
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            for (int i = 0; i < 2000; i++) {
                boolean sure = i % 2 == 0;
                boolean right = random.nextDouble() < (sure ? 0.98 : 0.5);
                var record = DecisionRecord.builder()
                        .id("query-" + i)
                        .at(Instant.EPOCH)
                        .workload("shop")
                        .local(new DecisionRecord.Local(
                                slm,
                                null,
                                new Answer("yes", List.of()),
                                new Evidence(sure ? 0.99 : 0.6, 0.5, -0.1, -0.4, 1.0, null, 8, 3, 0, 0.1, 0.1),
                                null,
                                10,
                                5,
                                0.1))
                        .policy("p-1");
                if (sure) {
                    record.decision(new Decision.Accept(0.99)).audit(new Audit(0.5, random.nextBoolean(), right));
                } else {
                    var unsure = new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "unsure");
                    record.decision(unsure)
                            .escalation(unsure)
                            .remote(new DecisionRecord.Remote(
                                    "big-1",
                                    new Answer(right ? "yes" : "no", List.of()),
                                    null, 1, 1, null, 10, 5, false, 100, 0, 0.5));
                }
                ledger.append(record.build());
            }
        }
    }

    @Test
    void whatCannotBeIsToldInOneLine() throws Exception {
        Cli cli = new Cli(temp);
        assertThat(cli.run("calibrate", "--from", "desk", "--target-risk", "2").failedInOneLine(2))
                .contains("target risk must be between 0 and 1 but is 2.0", "0.1 means that one in ten");
        assertThat(cli.run("calibrate", "--from", "desk", "--risk-kind", "some").failedInOneLine(2))
                .contains("--risk-kind must be one of joint, conditional but is some");
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        assertThat(cli.run("calibrate", "--from", "desk", "--ask-llm").failedInOneLine(2))
                .contains("--ask-llm needs an LLM: set OUTRIDER_LLM_URL");
        writeLedger(temp.resolve("other.jsonl"), "somebody else");
        assertThat(cli.run("calibrate", "--from", "other.jsonl", "--by", "workload").failedInOneLine(2))
                .contains("holds answers of somebody else, not of", "--model");
        assertThat(cli.run("calibrate", "--from", "other.jsonl", "desk").failedInOneLine(2))
                .contains("gold answers and audits cannot be mixed");
    }
}
