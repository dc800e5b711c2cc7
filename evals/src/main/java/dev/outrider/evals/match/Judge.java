package dev.outrider.evals.match;

import dev.langchain4j.data.message.AiMessage;
import java.util.List;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.MatchRule;

/** The verdict on an answer, by the case's own rule. */
public final class Judge {

    private static final CallMatcher BFCL_AST = new BfclAstMatcher();
    private static final CallMatcher EXACT_JSON = new ExactJsonMatcher();
    private static final CallMatcher GOLD_SUBSET = new GoldSubsetMatcher();
    private static final CallMatcher DESK_STATE = new DeskStateMatcher();

    private Judge() {}

    /**
     * Judges an answer.
     *
     * @throws IllegalArgumentException for a case that cannot be run (recorded outcomes)
     */
    public static Verdict judge(EvalCase evalCase, AiMessage answer) {
        List<ModelCall> calls = ModelCall.of(answer);
        return switch (evalCase.expected()) {
            case Expected.Calls expected -> evalCase.firstCallOnly()
                    ? matcher(evalCase.rule()).matchFirst(evalCase, expected, calls)
                    : matcher(evalCase.rule()).match(evalCase, expected, calls);
            case Expected.NoCall expected -> calls.isEmpty()
                    ? reply(expected, answer.text() == null ? "" : answer.text())
                    : Verdict.wrong("no call expected, " + calls.getFirst().name() + " called");
            case Expected.AnyCall any -> anyWellFormed(evalCase, calls);
            case Expected.Outcomes outcomes ->
                throw new IllegalArgumentException(evalCase.id() + " holds recorded outcomes; there is nothing to judge");
        };
    }

    private static Verdict reply(Expected.NoCall expected, String text) {
        Verdict said = TextMatcher.match(expected.texts(), text);
        return said.right() ? MentionsMatcher.match(expected.mentions(), text) : said;
    }

    private static Verdict anyWellFormed(EvalCase evalCase, List<ModelCall> calls) {
        return calls.stream().anyMatch(c -> c.arguments() != null && evalCase.tool(c.name()).isPresent())
                ? Verdict.ok()
                : Verdict.wrong("a call of an offered tool expected, none made");
    }

    static CallMatcher matcher(MatchRule rule) {
        return switch (rule) {
            case BFCL_AST -> BFCL_AST;
            case EXACT_JSON -> EXACT_JSON;
            case GOLD_SUBSET -> GOLD_SUBSET;
            case DESK_STATE -> DESK_STATE;
            case RECORDED_OUTCOME -> throw new IllegalArgumentException("recorded outcomes have no calls to match");
        };
    }
}
