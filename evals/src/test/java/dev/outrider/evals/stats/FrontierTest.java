package dev.outrider.evals.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrontierTest {

    @Test
    void fourQueriesByHand() {
        Frontier frontier = new Frontier();
        // from the surest: right, right, wrong, wrong; the LLM is right everywhere and costs 10, an attempt 1
        frontier.add(0.99, true, 1, 1, 10);
        frontier.add(0.9, true, 1, 1, 10);
        frontier.add(0.6, false, 1, 1, 10);
        frontier.add(0.3, false, 1, 1, 10);
        Frontier.Summary s = frontier.summary();
        assertThat(s.weak()).isEqualTo(0.5);
        assertThat(s.strong()).isEqualTo(1);
        assertThat(s.points()).containsExactly(
                new Frontier.Point(1, 1, 40),
                new Frontier.Point(0.75, 1, 34),
                new Frontier.Point(0.5, 1, 24),
                new Frontier.Point(0.25, 0.75, 14),
                new Frontier.Point(0, 0.5, 4));
        // PGR 1, 1, 1, 0.5, 0 at shares 1, 0.75, 0.5, 0.25, 0: area 0.25 · (1 + 1 + 0.75 + 0.25)
        assertThat(s.apgr()).isCloseTo(0.75, within(1e-12));
        assertThat(s.cpt50()).isEqualTo(0.25);
        assertThat(s.cpt80()).isEqualTo(0.5);
        assertThat(s.risks()).containsExactly(
                new Frontier.Risk(0.25, 0),
                new Frontier.Risk(0.5, 0),
                new Frontier.Risk(0.75, 1 - 2.0 / 3),
                new Frontier.Risk(1, 0.5));
        // hull (0, 0), (4, 0.5), (24, 1), flat to 40: 1 + 15 + 16, over 40
        assertThat(s.aiq()).isCloseTo(32.0 / 40, within(1e-12));
    }

    @Test
    void aScoreThatKnowsNothingRecoversHalfOfTheGap() {
        long seed = 7;
        Random random = new Random(seed);
        Frontier frontier = new Frontier();
        for (int i = 0; i < 200_000; i++) {
            frontier.add(random.nextDouble(), random.nextDouble() < 0.4, random.nextDouble() < 0.9 ? 1 : 0, 0.01, 1);
        }
        Frontier.Summary s = frontier.summary();
        assertThat(s.apgr()).as("seed %d", seed).isCloseTo(0.5, within(0.02));
        assertThat(s.cpt50()).isCloseTo(0.5, within(0.03));
        assertThat(s.cpt80()).isCloseTo(0.8, within(0.03));
        assertThat(s.aurc()).isCloseTo(0.6, within(0.02));
    }

    @Test
    void withoutABetterLlmThereIsNoGap() {
        Frontier frontier = new Frontier();
        frontier.add(0.9, true, 0, 1, 10);
        assertThat(frontier.summary().apgr()).isNull();
        assertThat(frontier.summary().cpt50()).isNull();
        assertThat(new Frontier().summary().points()).isEmpty();
        assertThat(new Frontier().summary().aiq()).isNull();
    }

    @Test
    void aQueryWithoutAProposalCanOnlyGoToTheLlm() {
        Frontier frontier = new Frontier();
        frontier.add(0.9, true, 1, 1, 10);
        frontier.add(null, false, 1, 0, 10);
        Frontier.Summary s = frontier.summary();
        assertThat(s.points().getLast()).isEqualTo(new Frontier.Point(0.5, 1, 11));
        assertThat(Objects.requireNonNull(s.apgr())).isBetween(0.0, 1.0);
    }
}
