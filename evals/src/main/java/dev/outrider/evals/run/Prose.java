package dev.outrider.evals.run;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.List;
import java.util.stream.Collectors;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.Json;

/** Answers and expectations as one line for people. */
final class Prose {

    private static final int MAX = 400;

    private Prose() {}

    static String answer(AiMessage answer) {
        String calls = answer.toolExecutionRequests().stream().map(Prose::call).collect(Collectors.joining("  "));
        String text = answer.text() == null ? "" : answer.text().strip();
        return shorten(calls.isEmpty() ? text : text.isEmpty() ? calls : text + "  " + calls);
    }

    static String expected(EvalCase evalCase) {
        return shorten(switch (evalCase.expected()) {
            case Expected.Calls calls -> calls.calls().stream()
                    .map(c -> c.name() + Json.write(c.arguments()))
                    .collect(Collectors.joining("  "));
            case Expected.NoCall reply -> "no call"
                    + (reply.texts().isEmpty() ? "" : "; " + String.join(" | ", reply.texts()))
                    + (evalCase.wantsJudge() ? "; as good as: " + reply.referenceText() : "")
                    + (reply.mentions().isEmpty() ? "" : "; mentions " + reply.mentions().stream()
                            .map(g -> String.join(" | ", g))
                            .collect(Collectors.joining(" and ")));
            case Expected.AnyCall any -> "any call of an offered tool";
            case Expected.Outcomes outcomes -> "recorded outcomes";
        });
    }

    static String question(List<ChatMessage> messages) {
        for (ChatMessage message : messages.reversed()) {
            if (message instanceof UserMessage user && user.hasSingleText()) {
                return shorten(user.singleText().strip());
            }
        }
        return "";
    }

    static String oneLine(Throwable problem) {
        String message = problem.getMessage() == null ? problem.getClass().getSimpleName() : problem.getMessage();
        return shorten(message.replaceAll("\\s+", " ").strip());
    }

    private static String call(ToolExecutionRequest request) {
        return request.name() + (request.arguments() == null ? "{}" : request.arguments());
    }

    private static String shorten(String text) {
        return text.length() <= MAX ? text : text.substring(0, MAX - 1) + "…";
    }
}
