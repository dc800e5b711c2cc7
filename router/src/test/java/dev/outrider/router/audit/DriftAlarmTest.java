package dev.outrider.router.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.outrider.router.calibration.Answers;
import dev.outrider.router.calibration.RiskKind;

class DriftAlarmTest {

    private static final double ALPHA = 0.1;
    private static final double FALSE_ALARM = 0.05;
    private static final int RUNS = 1000;
    private static final int TOLERATED = BinomialDistribution.of(RUNS, FALSE_ALARM).inverseCumulativeProbability(0.999);

    /** One query after the other until the alarm is raised or the horizon is reached; gives the queries it took. */
    private static int run(DriftAlarm alarm, double acceptedShare, double wrongGivenAccepted, double rate, int horizon, Random random) {
        for (int query = 1; query <= horizon; query++) {
            if (random.nextDouble() >= acceptedShare) {
                alarm.notAccepted();
                continue;
            }
            boolean drawn = random.nextDouble() < rate;
            DriftAlarm.Bet bet = alarm.accepted(rate, drawn);
            if (drawn) {
                alarm.settle(bet, random.nextDouble() < wrongGivenAccepted);
            }
            if (alarm.raised()) {
                return query;
            }
        }
        return Integer.MAX_VALUE;
    }

    @ParameterizedTest
    @EnumSource
    void a_bound_that_just_holds_raises_it_with_at_most_the_promised_probability_however_long_one_watches(RiskKind kind) {
        Random random = new Random(Answers.seed(DriftAlarmTest.class));
        // at the very edge: the risk is exactly what was promised, all of 10,000 queries long, looked at after every audit
        double accepted = 0.6;
        double wrong = kind == RiskKind.JOINT ? ALPHA / accepted : ALPHA;
        int alarms = 0;
        for (int i = 0; i < RUNS; i++) {
            alarms += run(new DriftAlarm(kind, ALPHA, FALSE_ALARM), accepted, wrong, 0.3, 10_000, random) < Integer.MAX_VALUE ? 1 : 0;
        }
        System.out.printf("  %s: false alarms in %d of %d (tolerated %d)%n", kind, alarms, RUNS, TOLERATED);
        assertThat(alarms).isLessThanOrEqualTo(TOLERATED);
    }

    @ParameterizedTest
    @EnumSource
    void audits_that_end_late_and_in_any_order_change_nothing_about_that(RiskKind kind) {
        Random random = new Random(Answers.seed(DriftAlarmTest.class));
        double accepted = 0.25;
        double wrong = kind == RiskKind.JOINT ? ALPHA / accepted : ALPHA;
        int alarms = 0;
        for (int i = 0; i < RUNS; i++) {
            DriftAlarm alarm = new DriftAlarm(kind, ALPHA, FALSE_ALARM);
            List<DriftAlarm.Bet> open = new ArrayList<>();
            for (int query = 0; query < 3_000 && !alarm.raised(); query++) {
                if (random.nextDouble() >= accepted) {
                    alarm.notAccepted();
                } else if (random.nextDouble() < 0.5) {
                    open.add(alarm.accepted(0.5, true));
                } else {
                    alarm.accepted(0.5, false);
                }
                if (open.size() > 20) {
                    alarm.settle(open.remove(random.nextInt(open.size())), random.nextDouble() < wrong);
                }
            }
            alarms += alarm.raised() ? 1 : 0;
        }
        System.out.printf("  %s, late audits: false alarms in %d of %d (tolerated %d)%n", kind, alarms, RUNS, TOLERATED);
        assertThat(alarms).isLessThanOrEqualTo(TOLERATED);
    }

    @Test
    void an_audit_that_fails_gives_its_stake_back() {
        DriftAlarm alarm = start(RiskKind.CONDITIONAL, 0.5);
        double before = alarm.evidence();
        alarm.cancel(alarm.accepted(0.5, true));
        assertThat(alarm.evidence()).isCloseTo(before, within(1e-12));
        assertThat(alarm.audits()).isEqualTo(1);
    }

    /** What the test is worth: an ordinary test of 5 %, looked at after every audit, raises it far more often. */
    @Test
    void an_exact_test_at_every_look_would_raise_it_too_often() {
        Random random = new Random(Answers.seed(DriftAlarmTest.class));
        int alarms = 0;
        for (int i = 0; i < 200; i++) {
            int wrong = 0;
            for (int n = 1; n <= 2000; n++) {
                wrong += random.nextDouble() < ALPHA ? 1 : 0;
                if (wrong > ALPHA * n
                        && BinomialDistribution.of(n, ALPHA).survivalProbability(wrong - 1) <= FALSE_ALARM) {
                    alarms++;
                    break;
                }
            }
        }
        assertThat(alarms).isGreaterThan(60);
    }

    @ParameterizedTest
    @EnumSource
    void drift_is_noticed_soon_even_after_a_long_good_time(RiskKind kind) {
        long seed = Answers.seed(DriftAlarmTest.class);
        Random random = new Random(seed);
        int worst = 0;
        for (int i = 0; i < 50; i++) {
            DriftAlarm alarm = new DriftAlarm(kind, ALPHA, FALSE_ALARM);
            assertThat(run(alarm, 0.6, 0.03, 0.3, 5_000, random)).isEqualTo(Integer.MAX_VALUE);
            worst = Math.max(worst, run(alarm, 0.6, 0.6, 0.3, 5_000, random));
        }
        System.out.printf("  %s: drift from 3 %% to 60 %% wrong noticed after at most %d queries%n", kind, worst);
        assertThat(worst).as("seed %d", seed).isLessThan(1_000);
    }

    @Test
    void with_a_bound_that_is_kept_the_evidence_stays_small() {
        DriftAlarm alarm = new DriftAlarm(RiskKind.CONDITIONAL, ALPHA, FALSE_ALARM);
        for (int i = 0; i < 500; i++) {
            alarm.settle(alarm.accepted(0.1, true), false);
        }
        assertThat(alarm.evidence()).isBetween(0.0, 1.0);
        assertThat(alarm.raised()).isFalse();
        assertThat(alarm.audits()).isEqualTo(500);
    }

    @Test
    void once_raised_it_stays_raised() {
        DriftAlarm alarm = new DriftAlarm(RiskKind.CONDITIONAL, ALPHA, FALSE_ALARM);
        while (!alarm.raised()) {
            alarm.settle(alarm.accepted(0.5, true), true);
        }
        assertThat(alarm.wrong()).isLessThan(10);
        for (int i = 0; i < 1000; i++) {
            alarm.settle(alarm.accepted(0.5, true), false);
        }
        assertThat(alarm.evidence()).isLessThan(20);
        assertThat(alarm.raised()).isTrue();
    }

    /** The mean factor of one query is at most 1 while the bound holds: computed over all that can happen, not simulated. */
    @Test
    void no_bet_gains_on_average_whatever_the_rates_of_the_audits_do() {
        double[] rates = {0.05, 0.3, 1};
        for (RiskKind kind : RiskKind.values()) {
            for (double before : rates) {
                for (double now : rates) {
                    for (double acceptedShare : new double[] {0.2, 1}) {
                        double wrong = kind == RiskKind.JOINT ? Math.min(1, ALPHA / acceptedShare) : ALPHA;
                        double audited = now * (wrong * after(kind, before, now, true) + (1 - wrong) * after(kind, before, now, false));
                        DriftAlarm notDrawn = start(kind, before);
                        notDrawn.accepted(now, false);
                        double accepted = audited + (1 - now) * notDrawn.evidence();
                        DriftAlarm refused = start(kind, before);
                        refused.notAccepted();
                        double mean = acceptedShare * accepted + (1 - acceptedShare) * refused.evidence();
                        assertThat(mean)
                                .as("%s, rate %s after %s, accepted %s", kind, now, before, acceptedShare)
                                .isLessThanOrEqualTo(start(kind, before).evidence() + 1e-12);
                        if (kind == RiskKind.CONDITIONAL && now >= before) {
                            assertThat(mean).isCloseTo(start(kind, before).evidence(), within(1e-12));
                        }
                    }
                }
            }
        }
    }

    /** An alarm with something at stake, which has seen one audit at this rate. */
    private static DriftAlarm start(RiskKind kind, double rate) {
        DriftAlarm alarm = new DriftAlarm(kind, ALPHA, FALSE_ALARM);
        alarm.settle(alarm.accepted(rate, true), true);
        return alarm;
    }

    private static double after(RiskKind kind, double before, double now, boolean wrong) {
        DriftAlarm alarm = start(kind, before);
        alarm.settle(alarm.accepted(now, true), wrong);
        return alarm.evidence();
    }

    @Test
    void impossible_promises_cannot_be_watched() {
        assertThatIllegalArgumentException().isThrownBy(() -> new DriftAlarm(RiskKind.JOINT, 1, 0.05));
    }
}
