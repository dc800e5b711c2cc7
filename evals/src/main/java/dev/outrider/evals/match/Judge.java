package dev.outrider.evals.match;

import dev.langchain4j.data.message.AiMessage;
import java.util.List;
import java.util.Optional;

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
     * @throws IllegalArgumentException for a case that cannot be run (recorded outcomes), and for a reply that only an LLM can judge
     */
    public static Verdict judge(EvalCase evalCase, AiMessage answer) {
        return decided(evalCase, answer).orElseThrow(() -> new IllegalArgumentException(
                evalCase.id() + " says match llm-judge and no judge is named; name one, or leave such cases out"));
    }

    /**
     * Judges an answer as far as rules go.
     *
     * @return empty where an LLM has to compare the reply with the reference
     * @throws IllegalArgumentException for a case that cannot be run (recorded outcomes)
     */
    public static Optional<Verdict> decided(EvalCase evalCase, AiMessage answer) {
        List<ModelCall> calls = ModelCall.of(answer);
        return switch (evalCase.expected()) {
            case Expected.Calls expected -> Optional.of(evalCase.firstCallOnly()
                    ? matcher(evalCase.rule()).matchFirst(evalCase, expected, calls)
                    : matcher(evalCase.rule()).match(evalCase, expected, calls));
            case Expected.NoCall expected -> calls.isEmpty()
                    ? reply(evalCase, expected, answer.text() == null ? "" : answer.text())
                    : Optional.of(Verdict.wrong("no call expected, " + calls.getFirst().name() + " called"));
            case Expected.AnyCall any -> Optional.of(anyWellFormed(evalCase, calls));
            case Expected.Outcomes outcomes ->
                throw new IllegalArgumentException(evalCase.id() + " holds recorded outcomes; there is nothing to judge");
        };
    }

    private static Optional<Verdict> reply(EvalCase evalCase, Expected.NoCall expected, String text) {
        Verdict said = TextMatcher.match(expected.texts(), text);
        Verdict verdict = said.right() ? MentionsMatcher.match(expected.mentions(), text) : said;
        if (!evalCase.wantsJudge() || !verdict.right()) {
            return Optional.of(verdict);
        }
        if (text.isBlank()) {
            return Optional.of(Verdict.wrong("an empty reply"));
        }
        String reference = expected.referenceText();
        // the reference is as good as itself: nobody has to be paid for that
        return reference != null && TextMatcher.match(List.of(reference), text).right() ? Optional.of(Verdict.ok()) : Optional.empty();
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
            case LLM_JUDGE -> throw new IllegalArgumentException("a judge compares replies and no calls");
            case RECORDED_OUTCOME -> throw new IllegalArgumentException("recorded outcomes have no calls to match");
        };
    }
}
