package dev.outrider.evals.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OffPolicyShareTest {

    @Test
    void aPlainSampleGivesTheIntervalOfClopperAndPearson() {
        OffPolicyShare share = new OffPolicyShare();
        for (int i = 0; i < 100; i++) {
            share.member("all");
            share.seen("all", "c" + i, 1, i < 10);
        }
        OffPolicyShare.Estimate e = share.estimate();
        assertThat(e.selfNormalised()).isEqualTo(0.1);
        assertThat(e.inversePropensity()).isCloseTo(0.1, within(1e-12));
        // R: binom.test(10, 100) gives [0.0490, 0.1762]
        Interval interval = Objects.requireNonNull(e.interval());
        assertThat(interval.low()).isCloseTo(0.0490, within(0.001));
        assertThat(interval.high()).isCloseTo(0.1762, within(0.002));
    }

    @Test
    void aMemberSeenWithASmallProbabilityStandsForMany() {
        OffPolicyShare share = new OffPolicyShare();
        for (int i = 0; i < 1000; i++) {
            share.member("audited");
        }
        for (int i = 0; i < 100; i++) {
            share.seen("audited", "a" + i, 0.1, i < 20);
        }
        for (int i = 0; i < 1000; i++) {
            share.member("llm");
            share.seen("llm", "b" + i, 1, i < 500);
        }
        // pooled without weights it would be 520 of 1100
        assertThat(share.estimate().selfNormalised()).isCloseTo(0.35, within(1e-9));
        assertThat(share.estimate().inversePropensity()).isCloseTo(0.35, within(1e-9));
        assertThat(share.estimate().effective()).isLessThan(1100);
    }

    @Test
    void whatNobodyLookedAtIsUnknown() {
        OffPolicyShare share = new OffPolicyShare();
        share.member("never");
        assertThat(share.estimate().unknown()).isEqualTo(1);
        assertThat(share.estimate().selfNormalised()).isNull();
        assertThat(share.estimate().interval()).isNull();
    }

    @Test
    void noErrorSeenIsNoProofOfNone() {
        OffPolicyShare share = new OffPolicyShare();
        for (int i = 0; i < 20; i++) {
            share.member("all");
            share.seen("all", "c" + i, 1, false);
        }
        // R: binom.test(0, 20) gives [0, 0.168]
        Interval interval = Objects.requireNonNull(share.estimate().interval());
        assertThat(interval.low()).isZero();
        assertThat(interval.high()).isCloseTo(0.168, within(0.01));
    }

    @Test
    void sessionsThatShareTheirFateCountAsFewer() {
        OffPolicyShare apart = new OffPolicyShare();
        OffPolicyShare together = new OffPolicyShare();
        for (int i = 0; i < 400; i++) {
            boolean hit = i / 10 % 4 == 0;
            apart.member("all");
            apart.seen("all", "c" + i, 1, hit);
            together.member("all");
            together.seen("all", "c" + i / 10, 1, hit);
        }
        assertThat(apart.estimate().effective()).isCloseTo(400, within(3.0));
        assertThat(together.estimate().effective()).isCloseTo(40, within(3.0));
    }

    @Test
    void theIntervalHoldsTheTruthAsOftenAsItSays() {
        long seed = 20261122;
        Random random = new Random(seed);
        int held = 0;
        int runs = 400;
        for (int run = 0; run < runs; run++) {
            OffPolicyShare share = new OffPolicyShare();
            int wrong = 0;
            int size = 1500;
            for (int i = 0; i < size; i++) {
                boolean before = i % 3 != 0;
                boolean hit = random.nextDouble() < (before ? 0.06 : 0.4);
                wrong += hit ? 1 : 0;
                share.member(before ? "audited" : "llm");
                double propensity = before ? 0.1 : 1;
                if (random.nextDouble() < propensity) {
                    share.seen(before ? "audited" : "llm", "s" + i, propensity, hit);
                }
            }
            Interval interval = Objects.requireNonNull(share.estimate().interval());
            double truth = (double) wrong / size;
            held += interval.low() <= truth && truth <= interval.high() ? 1 : 0;
        }
        assertThat((double) held / runs).as("coverage, seed %d", seed).isGreaterThan(0.92);
    }

    @Test
    void aPropensityIsAProbability() {
        assertThatThrownBy(() -> new OffPolicyShare().seen("all", "c", 0, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("propensity must be in (0, 1] but is 0.0");
    }
}
