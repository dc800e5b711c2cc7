package dev.outrider.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

import dev.outrider.router.calibration.CalibrationFit;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.EvidenceFeatures;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.calibration.Target;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.calibration.WorkloadFit;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;

/**
 * The policy of the benchmark with a calibration table for {@link ReadyModel}, fitted by the code that fits real ones. The
 * answers that it is fitted to are drawn by chance: right as often as their evidence says.
 */
final class BenchPolicy {

    private static final String FILE = "bench-policy.yaml";
    private static final String WORKLOAD = "read";
    private static final int ANSWERS = 2000;
    private static final long SEED = 6;

    private BenchPolicy() {}

    /** The policy and its table, in force for as long as a run may take. */
    static PolicySource source() {
        return PolicySource.of(new PolicyInForce(Policy.parse(FILE, text()), table(), null));
    }

    private static String text() {
        try (InputStream in = Objects.requireNonNull(BenchPolicy.class.getResourceAsStream(FILE), FILE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CalibrationTable table() {
        Map<String, WorkloadCalibration> workloads = new LinkedHashMap<>();
        Target target = Target.of(RiskKind.JOINT, 0.10);
        for (WorkloadFit fit : CalibrationFit.fit(answers(), workload -> target, SEED)) {
            workloads.put(fit.calibration().workload(), fit.calibration());
        }
        Instant now = Instant.now();
        return new CalibrationTable(
                "bench-1",
                ReadyModel.NAME,
                null,
                null,
                CalibrationTable.By.WORKLOAD,
                now,
                now.plus(Duration.ofDays(1)),
                new CalibrationTable.Source("suite", List.of("drawn by chance"), ANSWERS, SEED),
                workloads);
    }

    private static List<LabelledAnswer> answers() {
        Random random = new Random(SEED);
        List<LabelledAnswer> answers = new ArrayList<>(ANSWERS);
        for (int i = 0; i < ANSWERS; i++) {
            double weakest = 1 - random.nextDouble() / 2;
            EvidenceFeatures evidence = new EvidenceFeatures(
                    weakest, weakest - 0.01, Math.log(weakest) / 2, Math.log(weakest) * 2, weakest, 0, 12, 24);
            answers.add(new LabelledAnswer(
                    WORKLOAD, "case " + i, evidence, random.nextDouble() < weakest, null));
        }
        return answers;
    }
}
