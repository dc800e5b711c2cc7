package dev.outrider.evals.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.model.chat.ChatModel;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.Runs;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.policy.Policy;

/** The extension as a user's own test uses it: this class is one. */
@OutriderEval(suite = "desk", subject = OutriderEvalTest.ShopCascade.class, sample = 120, seed = 7)
class OutriderEvalTest {

    static final AtomicInteger OPENED = new AtomicInteger();
    static final AtomicInteger CLOSED = new AtomicInteger();

    /** The cascade around a scripted SLM and the simulated LLM. */
    public static final class ShopCascade implements EvalSubject {

        private @Nullable SimulatedLlm llm;

        @Override
        public ChatModel model(Suite suite) throws IOException {
            OPENED.incrementAndGet();
            llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect());
            return Runs.cascade(new ScriptedSlm(suite.cases(), 0.8, 4), llm);
        }

        @Override
        public Policy policy() {
            return Runs.policy();
        }

        @Override
        public RunInfo.Llm llm() {
            return RunInfo.Llm.simulated(SimulatedLlmBehaviour.perfect());
        }

        @Override
        public void close() {
            CLOSED.incrementAndGet();
            if (llm != null) {
                llm.close();
            }
        }
    }

    @Test
    void enoughIsReplacedAndNothingGotWorse(Evaluation evaluation) {
        assertThat(evaluation.replacementRate()).isGreaterThanOrEqualTo(0.4);
        assertThat(evaluation.replacementRateInterval().low()).isLessThan(evaluation.replacementRate());
        assertThat(evaluation.localAccuracy()).isGreaterThan(0.9);
        evaluation.assertEndAccuracyNotInferior(0.1);
    }

    @Test
    void theFiguresAreThoseOfTheReport(Evaluation evaluation) {
        assertThat(evaluation.report().total().queries()).isBetween(90, 150);
        assertThat(evaluation.endAccuracy()).isEqualTo(evaluation.report().total().endAccuracy());
        assertThat(evaluation.savedShare()).isBetween(0.0, 1.0);
        assertThat(evaluation).hasToString(evaluation.toString()).asString().contains("Replacement report: desk", "SIMULATED");
    }

    @Test
    void whatIsNotShownSaysWhatWasFound(Evaluation evaluation) {
        assertThat(evaluation.endAccuracyNotInferior(0.0001)).isFalse();
        assertThatThrownBy(() -> evaluation.assertEndAccuracyNotInferior(0.0001))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("is not shown to be within 0.0001 of the LLM alone");
        assertThatThrownBy(() -> evaluation.nonInferiority(2)).hasMessageContaining("the margin must be between 0 and 1");
    }

    @Nested
    class Inside {
        @Test
        void theRunIsShared(Evaluation evaluation) {
            assertThat(evaluation.report().total().queries()).isPositive();
        }
    }

    @AfterAll
    static void theSuiteRanOnceAndEverythingIsClosed() {
        assertThat(OPENED).hasValue(1);
        assertThat(CLOSED).hasValue(1);
    }
}
