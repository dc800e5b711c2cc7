package dev.outrider.evals.junit;

import dev.langchain4j.model.chat.ChatModel;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.report.ReportInputs;
import dev.outrider.evals.run.PaidJudge;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.policy.Policy;

/**
 * What an {@link OutriderEval} measures: the cascade as the program builds it, and what its report must know. Made once for a test
 * class and closed after its last test.
 */
public interface EvalSubject extends AutoCloseable {

    /**
     * The cascade. It is asked every case of the suite, one after the other.
     *
     * @throws Exception when it cannot be built; the tests fail with it
     */
    ChatModel model(Suite suite) throws Exception;

    /** The policy that it decides by; its prices are those of the report. */
    Policy policy();

    /** Who answers what the SLM is not sure of; {@link RunInfo.Llm#simulated} where recorded answers stand in. */
    RunInfo.Llm llm();

    /** Name of the SLM. */
    default String localModel() {
        return "SLM";
    }

    /** What the report takes from outside: margin, energy, the LLM's own verdicts. */
    default ReportInputs inputs() {
        return ReportInputs.DEFAULT;
    }

    /** Who judges cases that say {@code match: llm-judge}; null, the default, where the suite has none. */
    default @Nullable PaidJudge judge() {
        return null;
    }

    /** Gives back what {@link #model} took. */
    @Override
    default void close() throws Exception {}
}
