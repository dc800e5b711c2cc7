package dev.outrider.router.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.router.calibration.CalibrationTable.Judgement;

class CalibrationTableTest {

    private static final Instant FITTED = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant EXPIRES = Instant.parse("2027-02-20T12:00:00Z");
    private static final Target JOINT = Target.of(RiskKind.JOINT, 0.1);

    @TempDir
    private Path temp;

    private static CalibrationTable table() {
        Map<String, WorkloadCalibration> workloads = new LinkedHashMap<>();
        List<LabelledAnswer> answers = new ArrayList<>();
        Random random = new Random(21);
        for (LabelledAnswer a : Answers.drawn(600, u -> 1 - 0.5 * u * u, s -> s, random)) {
            boolean llm = random.nextDouble() < 0.7;
            answers.add(new LabelledAnswer("read", a.cluster(), a.evidence(), a.right(), llm));
            if (answers.size() < 80) {
                answers.add(new LabelledAnswer("money", a.cluster(), a.evidence(), a.right(), null));
            }
        }
        for (WorkloadFit fit : CalibrationFit.fit(answers, w -> JOINT, 1)) {
            workloads.put(fit.calibration().workload(), fit.calibration());
        }
        return new CalibrationTable(
                "desk-2m-1",
                "Outrider desk-2m",
                "outrider-1",
                "ab".repeat(32),
                CalibrationTable.By.EFFECT,
                FITTED,
                EXPIRES,
                new CalibrationTable.Source("suite", List.of("desk-calibration"), 640, 1),
                workloads);
    }

    @Test
    void a_table_survives_its_file() {
        Path file = temp.resolve("calibration.json");
        CalibrationTable table = table();
        assertThat(table.of("read").orElseThrow().threshold()).isPresent();
        assertThat(table.of("money").orElseThrow().threshold()).isEmpty();
        table.save(file);
        assertThat(CalibrationTable.load(file)).isEqualTo(table);
        assertThat(file).content().contains("\"format\" : \"outrider-calibration\"", "\"is\" : \"").doesNotContain("null", "NaN");
        assertThat(temp.resolve("calibration.json.part")).doesNotExist();
    }

    @Test
    void isotonic_calibrators_survive_too() {
        List<LabelledAnswer> answers =
                Answers.drawn(2000, u -> u, s -> s > 0.9 ? 0.97 : s > 0.2 ? 0.6 : 0.5, new Random(6));
        WorkloadCalibration fit = new CalibrationFit(JOINT, 1).fit("read", answers).calibration();
        assertThat(fit.calibrator()).isInstanceOf(IsotonicCalibrator.class);
        CalibrationTable table = table();
        CalibrationTable isotonic = new CalibrationTable(
                "v", table.model(), null, null, table.by(), FITTED, EXPIRES, table.source(), Map.of("read", fit));
        assertThat(CalibrationTable.parse("t", isotonic.toJson())).isEqualTo(isotonic);
    }

    @Test
    void sure_answers_are_accepted_and_unsure_ones_are_not() {
        CalibrationTable table = table();
        Judgement sure = table.judge("read", Answers.evidence(0.9999), JOINT, FITTED);
        assertThat(sure).isInstanceOfSatisfying(Judgement.Calibrated.class, c -> {
            assertThat(c.accepted()).isTrue();
            assertThat(c.probability()).isBetween(c.threshold(), 1.0);
        });
        assertThat(table.judge("read", Answers.evidence(0.01), JOINT, FITTED))
                .isInstanceOfSatisfying(Judgement.Calibrated.class, c -> assertThat(c.accepted()).isFalse());
    }

    @Test
    void without_a_threshold_of_its_own_nothing_is_accepted_and_the_reason_says_why() {
        CalibrationTable table = table();
        assertThat(why(table.judge("fly", Answers.evidence(1), JOINT, FITTED)))
                .isEqualTo("calibration desk-2m-1 has no workload fly; fit it with ./outrider calibrate");
        assertThat(why(table.judge("money", Answers.evidence(1), JOINT, FITTED)))
                .startsWith("workload money of calibration desk-2m-1 has no threshold: too little evidence: 27 test tasks");
        assertThat(why(table.judge("read", Answers.evidence(1), JOINT, EXPIRES)))
                .isEqualTo("calibration desk-2m-1 expired on 2027-02-20T12:00:00Z; fit a new one with ./outrider calibrate");
        assertThat(why(table.judge("read", Answers.evidence(1), Target.of(RiskKind.CONDITIONAL, 0.1), FITTED)))
                .isEqualTo("workload read of calibration desk-2m-1 was fitted for a joint risk of at most 0.1, but the policy"
                        + " demands a conditional risk of at most 0.1; fit it again with ./outrider calibrate");
    }

    private static String why(Judgement judgement) {
        return ((Judgement.Uncalibrated) judgement).why();
    }

    @Test
    void what_is_no_table_is_told_apart_in_one_line() {
        assertThat(problem("")).startsWith("t.json: is no calibration table");
        assertThat(problem("[1]")).startsWith("t.json: is no calibration table: it lacks \"format\"");
        assertThat(problem("{\"kind\":\"decision\"}")).contains("is no calibration table");
        assertThat(problem("{oops")).startsWith("t.json: is no calibration table: it is no JSON");
        assertThat(problem("{\"format\":\"outrider-calibration\",\"schema\":2}"))
                .isEqualTo("t.json: has the form 2, newer than 1, which this version reads; update Outrider or fit the table again");
        assertThat(problem("{\"format\":\"outrider-calibration\",\"schema\":1,\"version\":\"v\"}"))
                .isEqualTo("t.json: lacks by, expires, fitted, model, source, workloads; fit the table again");
    }

    @Test
    void impossible_values_are_refused_in_one_line() {
        String json = table().toJson();
        assertThat(problem(json.replaceFirst("\"targetRisk\" : 0.1", "\"targetRisk\" : 1.5")))
                .contains("holds what cannot be", "1.5");
        assertThat(problem(json.replaceFirst("\"riskKind\" : \"JOINT\"", "\"riskKind\" : \"SOME\"")))
                .contains("holds what cannot be", "SOME");
        assertThat(problem(json.replaceFirst("\"is\" : \"[a-z]+\"", "\"is\" : \"oracle\""))).contains("oracle");
        assertThat(problem(json.replaceFirst("\"threshold\" : [0-9.]+", "\"threshold\" : 0"))).contains("threshold of read");
        assertThat(problem(json.replaceFirst("\"calibrator\" : \\{", "\"was\" : {"))).contains("lacks calibrator");
        assertThat(problem(json.replace("\"workload\" : \"money\"", "\"workload\" : \"read\""))).contains("read twice");
        assertThat(problem(json.replaceFirst("\"accepted\" : \\d+", "\"accepted\" : 100000"))).contains("do not fit together");
        for (int cut = 0; cut < json.length(); cut += 97) {
            assertThat(problem(json.substring(0, cut))).startsWith("t.json: ");
        }
    }

    private static String problem(String json) {
        try {
            CalibrationTable.parse("t.json", json);
            throw new AssertionError("was read");
        } catch (CalibrationException e) {
            assertThat(e.getMessage()).isNotNull().doesNotContain("\n");
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void a_file_that_is_missing_or_no_text_is_said_so() throws Exception {
        assertThatThrownBy(() -> CalibrationTable.load(temp.resolve("none.json")))
                .isInstanceOf(CalibrationException.class)
                .hasMessageEndingWith("none.json: does not exist; check the path, or fit one with ./outrider calibrate");
        Path binary = Files.write(temp.resolve("b.json"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> CalibrationTable.load(binary)).hasMessageEndingWith("it is no UTF-8 text");
    }

    @Test
    void a_table_of_another_model_is_refused() {
        CalibrationTable table = table();
        table.check("t.json", table.identity(), FITTED);
        // where a hash is unknown, name and format decide
        table.check("t.json", new SlmIdentity("Outrider desk-2m", "outrider-1", null), FITTED);
        table.check("t.json", new SlmIdentity("Outrider desk-2m", null, null), FITTED);
        assertThatThrownBy(() ->
                        table.check("t.json", new SlmIdentity("Outrider desk-2m", "outrider-1", "cd".repeat(32)), FITTED))
                .isInstanceOf(CalibrationException.class)
                .hasMessage("t.json: was fitted for Outrider desk-2m (outrider-1, sha256 abababababab…), but the SLM is"
                        + " Outrider desk-2m (outrider-1, sha256 cdcdcdcdcdcd…); fit a table for it with ./outrider calibrate");
        assertThatThrownBy(() -> table.check("t.json", new SlmIdentity("other", null, null), FITTED))
                .hasMessageContaining("the SLM is other;");
        assertThatThrownBy(() -> table.check("t.json", table.identity(), EXPIRES)).hasMessageContaining("expired on");
    }

    @Test
    void escalation_is_weighed_by_what_the_llm_would_add() {
        WorkloadCalibration read = table().of("read").orElseThrow();
        EvidenceFeatures unsure = Answers.evidence(0.3);
        EscalationBenefit cent = new EscalationBenefit(10_000);
        EscalationBenefit.Weighed weighed = cent.weigh(read, unsure, 1000, true).orElseThrow();
        // the LLM is right in 0.7 of all cases whatever the SLM says, the SLM in far fewer of these
        assertThat(weighed.remote()).isBetween(0.6, 0.8);
        assertThat(weighed.local()).isBetween(0.1, 0.5);
        assertThat(weighed.worthIt()).isTrue();
        assertThat(cent.weigh(read, unsure, 5000, true).orElseThrow().worthIt()).isFalse();
        assertThat(cent.weigh(read, unsure, 5000, false).orElseThrow().worthIt()).isTrue();
        // where the SLM is surer than the LLM can be, nothing is gained at any price
        assertThat(cent.weigh(read, Answers.evidence(0.999), 0, true).orElseThrow().worthIt()).isFalse();
        assertThat(weighed.inOneLine()).contains("by the LLM", "for a price of 0.001000 USD");
        WorkloadCalibration money = table().of("money").orElseThrow();
        assertThat(cent.weigh(money, unsure, 1_000_000, true)).isEmpty();
    }

    @Test
    void an_llm_that_was_judged_only_a_few_times_is_taken_at_its_smoothed_rate() {
        LlmAccuracy few = new LlmAccuracy(3, 3, null);
        assertThat(few.probability(Answers.evidence(0.1))).isEqualTo(0.8);
    }

    @Test
    void every_field_of_a_table_stands_in_its_reference() throws Exception {
        String root = System.getProperty("outrider.root");
        String page = Files.readString((root == null ? Path.of("..") : Path.of(root)).resolve("docs/calibration.md"));
        List<String> missing = new ArrayList<>();
        for (Class<?> type : List.of(
                CalibrationTable.class,
                CalibrationTable.Source.class,
                WorkloadCalibration.class,
                IsotonicCalibrator.class,
                LogisticCalibrator.class,
                LlmAccuracy.class)) {
            for (RecordComponent component : type.getRecordComponents()) {
                if (!page.contains("`" + component.getName() + "`")) {
                    missing.add(type.getSimpleName() + "." + component.getName());
                }
            }
        }
        for (Feature feature : Feature.values()) {
            if (!page.contains("`" + feature + "`")) {
                missing.add(feature.name());
            }
        }
        assertThat(missing).isEmpty();
    }
}
