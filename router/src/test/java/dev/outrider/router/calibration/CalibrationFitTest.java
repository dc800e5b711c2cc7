package dev.outrider.router.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationFitTest {

    private static final Target JOINT = Target.of(RiskKind.JOINT, 0.1);

    @Test
    void too_few_tasks_give_no_threshold_and_the_reason_says_how_many_it_takes() {
        List<LabelledAnswer> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(Answers.answer("task-" + i, 0.5 + i / 100.0, true));
        }
        WorkloadCalibration fit = new CalibrationFit(JOINT, 1).fit("read", answers).calibration();
        assertThat(fit.threshold()).isEmpty();
        assertThat(fit.whyNot())
                .isEqualTo("too little evidence: 27 test tasks, and even without an error it takes 29 to show a joint risk of 0.1");
        assertThat(fit.accepts(1)).isFalse();
        // 0 of 27 wrong: what little is known is still said
        assertThat(fit.riskBound()).isBetween(0.10, 0.11);
        assertThat(fit.coverage()).isZero();
    }

    @Test
    void no_answers_at_all_give_a_calibration_that_accepts_nothing() {
        WorkloadCalibration fit = new CalibrationFit(JOINT, 1).fit("money", List.of()).calibration();
        assertThat(fit.threshold()).isEmpty();
        assertThat(fit.riskBound()).isEqualTo(1);
        assertThat(fit.ece()).isEmpty();
        assertThat(fit.calibrator().probability(Answers.evidence(0.99))).isEqualTo(0.5);
    }

    @Test
    void answers_that_are_too_often_wrong_give_no_threshold_and_the_reason_says_how_wrong() {
        List<LabelledAnswer> answers = Answers.drawn(200, u -> 0.9, s -> 0.5, new Random(4));
        WorkloadCalibration fit = new CalibrationFit(JOINT, 1).fit("read", answers).calibration();
        assertThat(fit.threshold()).isEmpty();
        assertThat(fit.whyNot()).contains("accepted test tasks are wrong", "joint risk may be as high as 0.");
        assertThat(fit.riskBound()).isGreaterThan(0.4);
    }

    @Test
    void a_threshold_is_found_and_keeps_its_promise_on_the_test_part() {
        List<LabelledAnswer> answers = Answers.drawn(800, u -> 1 - 0.6 * u * u, s -> s, new Random(9));
        WorkloadFit fitted = new CalibrationFit(JOINT, 1).fit("read", answers);
        WorkloadCalibration fit = fitted.calibration();
        double threshold = fit.threshold().orElseThrow();
        long wrong = fitted.test().stream()
                .filter(s -> s.probability() >= threshold && !s.right())
                .count();
        assertThat(fit.wrong()).isEqualTo((int) wrong);
        assertThat(fit.testUnits()).isEqualTo(534);
        assertThat(ExactBinomial.upper(fit.wrong(), fit.testUnits(), 0.95)).isLessThanOrEqualTo(0.1);
        assertThat(fit.coverage()).isBetween(0.3, 1.0);
        assertThat(fit.riskBound()).isEqualTo(0.1);
        assertThat(fit.promise()).isEqualTo("joint risk ≤ 0.100 at 95 %");
        assertThat(fit.auroc().orElseThrow()).isGreaterThan(0.6);
    }

    @Test
    void a_smaller_target_is_never_looser() {
        List<LabelledAnswer> answers = Answers.drawn(800, u -> 1 - 0.6 * u * u, s -> s, new Random(10));
        double before = 0;
        for (double risk : new double[] {0.2, 0.15, 0.1, 0.05}) {
            double threshold = new CalibrationFit(Target.of(RiskKind.JOINT, risk), 1)
                    .fit("read", answers)
                    .calibration()
                    .threshold()
                    .orElse(2);
            assertThat(threshold).isGreaterThanOrEqualTo(before);
            before = threshold;
        }
    }

    @Test
    void the_same_seed_gives_the_same_table_and_another_seed_other_parts() {
        List<LabelledAnswer> answers = Answers.drawn(300, u -> 1 - 0.6 * u * u, s -> s, new Random(2));
        assertThat(new CalibrationFit(JOINT, 7).fit("read", answers))
                .isEqualTo(new CalibrationFit(JOINT, 7).fit("read", answers));
        assertThat(new CalibrationFit(JOINT, 8).fit("read", answers).calibration().calibrator())
                .isNotEqualTo(new CalibrationFit(JOINT, 7).fit("read", answers).calibration().calibrator());
    }

    @Test
    void what_the_test_part_holds_does_not_change_the_calibrator() {
        long seed = Answers.seed(CalibrationFitTest.class);
        List<LabelledAnswer> answers = Answers.drawn(120, u -> 0.4 + 0.6 * u, s -> s, new Random(seed));
        Calibrator before = new CalibrationFit(JOINT, 3).fit("read", answers).calibration().calibrator();
        int changing = 0;
        for (int i = 0; i < answers.size(); i++) {
            LabelledAnswer a = answers.get(i);
            List<LabelledAnswer> flipped = new ArrayList<>(answers);
            flipped.set(i, new LabelledAnswer(a.workload(), a.cluster(), a.evidence(), !a.right(), null));
            Calibrator after = new CalibrationFit(JOINT, 3).fit("read", flipped).calibration().calibrator();
            changing += after.equals(before) ? 0 : 1;
        }
        // exactly the third that fits can change it
        assertThat(changing).isLessThanOrEqualTo(40).isGreaterThan(32);
    }

    @Test
    void few_answers_get_a_logistic_calibrator_and_many_that_no_line_fits_an_isotonic_one() {
        Random random = new Random(6);
        CalibratorChoice.Chosen few = CalibratorChoice.choose(Answers.drawn(40, u -> u, s -> s, random));
        assertThat(few.calibrator()).isInstanceOf(LogisticCalibrator.class);
        assertThat(few.why()).contains("too few answers");
        CalibratorChoice.Chosen steps =
                CalibratorChoice.choose(Answers.drawn(2000, u -> u, s -> s > 0.9 ? 0.97 : s > 0.2 ? 0.6 : 0.5, random));
        assertThat(steps.calibrator()).isInstanceOf(IsotonicCalibrator.class);
        assertThat(steps.why()).contains("logistic", "isotonic");
        CalibratorChoice.Chosen line = CalibratorChoice.choose(Answers.drawn(2000, u -> u, s -> s, random));
        assertThat(line.calibrator()).isInstanceOf(LogisticCalibrator.class);
    }

    @Test
    void a_second_feature_is_used_where_it_tells_something() {
        Random random = new Random(12);
        List<LabelledAnswer> answers = new ArrayList<>();
        for (int i = 0; i < 800; i++) {
            double sum = -6 * random.nextDouble();
            double weakest = random.nextDouble();
            boolean right = random.nextDouble() < 1 / (1 + Math.exp(-(1.5 * (sum + 3) + weakest)));
            answers.add(new LabelledAnswer("read", "t" + i, Answers.evidence(weakest, sum), right, null));
        }
        Calibrator chosen = CalibratorChoice.choose(answers).calibrator();
        assertThat(chosen.features()).contains(Feature.SUM_LOG_PROBABILITY);
        assertThat(chosen.describe()).startsWith("logistic, ");
    }

    @Test
    void every_workload_is_fitted_by_its_own_answers_to_its_own_target() {
        List<LabelledAnswer> answers = new ArrayList<>();
        Random random = new Random(13);
        for (LabelledAnswer a : Answers.drawn(400, u -> 0.7 + 0.3 * u, s -> s, random)) {
            answers.add(a);
            answers.add(new LabelledAnswer("write", a.cluster(), a.evidence(), a.right(), null));
        }
        List<WorkloadFit> fits = CalibrationFit.fit(
                answers, w -> w.equals("read") ? JOINT : Target.of(RiskKind.CONDITIONAL, 0.3), 1);
        assertThat(fits).extracting(f -> f.calibration().workload()).containsExactly("read", "write");
        assertThat(fits.getFirst().calibration().n()).isEqualTo(400);
        assertThat(fits.getLast().calibration().riskKind()).isEqualTo(RiskKind.CONDITIONAL);
        assertThat(fits.getLast().calibration().targetRisk()).isEqualTo(0.3);
    }

    @Test
    void impossible_targets_say_what_is_possible() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.of(RiskKind.JOINT, 1))
                .withMessageContaining("0.1 means that one in ten may be wrong");
        assertThatIllegalArgumentException().isThrownBy(() -> new Target(RiskKind.JOINT, 0.1, 1));
    }

    @Test
    void a_conditional_promise_keeps_a_joint_one_but_not_the_other_way_round() {
        Target conditional = Target.of(RiskKind.CONDITIONAL, 0.1);
        assertThat(conditional.meets(JOINT)).isTrue();
        assertThat(JOINT.meets(conditional)).isFalse();
        assertThat(JOINT.meets(Target.of(RiskKind.JOINT, 0.2))).isTrue();
        assertThat(JOINT.meets(Target.of(RiskKind.JOINT, 0.05))).isFalse();
        assertThat(JOINT.meets(new Target(RiskKind.JOINT, 0.1, 0.99))).isFalse();
    }
}
