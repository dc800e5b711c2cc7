package dev.outrider.evals.match;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;
import dev.outrider.tools.ToolCatalogue;
import dev.outrider.tools.ToolOutcome;
import dev.outrider.tools.desk.Desk;

/**
 * Equality of executed states, as in tau-bench (Yao et al., arXiv 2406.12045): the gold calls run on one desk and the answer's calls on
 * another, after the calls of the conversation so far; right when both databases are equal in the end. Reading calls leave no trace in
 * a database, so the answer must also have been told everything that gold was told. Other ways to the same end are as right.
 *
 * <p>Safe for many threads; they take turns.
 */
public final class DeskStateMatcher implements CallMatcher {

    private @Nullable Desk desk;

    /**
     * What some calls lead to.
     *
     * @param digest of the database
     * @param told results of the calls
     * @param failed the first call that failed; null when all succeeded
     */
    private record End(String digest, Set<String> told, @Nullable String failed) {}

    @Override
    public Verdict matchCall(EvalCase evalCase, ExpectedCall gold, ModelCall actual) {
        return match(evalCase, new Expected.Calls(List.of(gold), Expected.Order.EXACT, List.of()), List.of(actual));
    }

    @Override
    public synchronized Verdict match(EvalCase evalCase, Expected.Calls expected, List<ModelCall> actual) {
        if (actual.isEmpty()) {
            return Verdict.wrong("a call of " + expected.calls().getFirst().name() + " expected, none made");
        }
        List<ToolExecutionRequest> said = new ArrayList<>();
        for (ModelCall call : actual) {
            if (call.arguments() == null) {
                return Verdict.wrong("arguments of " + call.name() + " are no JSON object");
            }
            said.add(request(call.name(), Json.write(call.arguments())));
        }
        End gold = run(evalCase, GoldAnswer.calls(evalCase, expected));
        End end = run(evalCase, said);
        if (end.failed() != null && gold.failed() == null) {
            return Verdict.wrong(end.failed());
        }
        if (!end.digest().equals(gold.digest())) {
            return Verdict.wrong("the database does not end as under the gold calls");
        }
        return end.told().containsAll(gold.told())
                ? Verdict.ok()
                : Verdict.wrong("the calls do not bring what the gold calls bring");
    }

    private End run(EvalCase evalCase, List<ToolExecutionRequest> calls) {
        Desk used = desk == null ? Desk.inMemory() : desk;
        desk = used;
        used.reset();
        ToolCatalogue tools = used.catalogue();
        evalCase.messages().forEach(message -> {
            if (message instanceof AiMessage before) {
                before.toolExecutionRequests().forEach(tools::execute);
            }
        });
        Set<String> told = new HashSet<>();
        String failed = null;
        for (ToolExecutionRequest call : calls) {
            ToolOutcome outcome = tools.execute(call);
            told.add(outcome.text());
            if (failed == null && !outcome.succeeded()) {
                failed = call.name() + " failed: " + outcome.text();
            }
        }
        return new End(used.digest(), told, failed);
    }

    private static ToolExecutionRequest request(String name, String arguments) {
        return ToolExecutionRequest.builder().id("call").name(name).arguments(arguments).build();
    }
}
