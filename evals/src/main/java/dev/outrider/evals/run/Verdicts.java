package dev.outrider.evals.run;

import dev.langchain4j.data.message.AiMessage;

import dev.outrider.evals.match.Judge;
import dev.outrider.evals.match.Verdict;
import dev.outrider.evals.suite.EvalCase;

/** Tells right from wrong. */
@FunctionalInterface
interface Verdicts {

    /** By the rules of the cases alone: a case that wants an LLM as judge cannot be told. */
    Verdicts RULES = Judge::judge;

    /**
     * The verdict on an answer.
     *
     * @throws JudgeUnavailableException when an LLM has to judge and does not, or its money is spent
     */
    Verdict of(EvalCase evalCase, AiMessage answer);
}
