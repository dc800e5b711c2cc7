package dev.outrider.evals.match;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

import dev.outrider.evals.Shared;
import dev.outrider.evals.Shop;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;

class GoldAnswerTest {

    @Test
    void theGoldAnswerOfEveryCaseIsRightByItsOwnRule() {
        assertThat(wrongGold(Shop.suite().cases())).isEmpty();
    }

    @Test
    void theGoldAnswerOfEveryThirdPartyCaseIsRightByItsOwnRule() {
        List<EvalCase> cases = Suite.load(Shared.devSuites()).filter(EvalCase::runnable).cases();
        assertThat(cases).hasSize(4631);
        assertThat(wrongGold(cases.stream().filter(c -> c.flags().isEmpty()).toList())).isEmpty();
    }

    @Test
    void aWrongAnswerIsWrongByTheCasesOwnRule() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (EvalCase c : Shop.suite().cases()) {
            for (int i = 0; i < 20; i++) {
                WrongAnswer.of(c, random).ifPresent(a -> assertThat(Judge.judge(c, a).right())
                        .as("seed %d, %s: %s", seed, c.id(), a)
                        .isFalse());
            }
        }
        assertThat(WrongAnswer.of(Shop.evalCase("5"), random)).isPresent();
    }

    private static List<String> wrongGold(List<EvalCase> cases) {
        List<String> wrong = new ArrayList<>();
        for (EvalCase c : cases) {
            Verdict verdict = Judge.judge(c, GoldAnswer.of(c));
            if (!verdict.right()) {
                wrong.add(c.id() + ": " + verdict.reason());
            }
        }
        return wrong;
    }
}
