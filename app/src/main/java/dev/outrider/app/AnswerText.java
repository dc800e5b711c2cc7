package dev.outrider.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.message.AiMessage;
import java.util.stream.Collectors;

import dev.outrider.router.ledger.Answer;

/** Answers of models as a person reads them: {@code get_order(order_id: ORD-48213)}. */
final class AnswerText {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private AnswerText() {}

    static String of(AiMessage message) {
        return of(Answer.of(message));
    }

    static String of(Answer answer) {
        if (!answer.calls().isEmpty()) {
            return answer.calls().stream().map(AnswerText::of).collect(Collectors.joining(" + "));
        }
        return answer.text() == null ? "(nothing)" : answer.text();
    }

    private static String of(Answer.Call call) {
        JsonNode arguments;
        try {
            arguments = MAPPER.readTree(call.arguments());
        } catch (JsonProcessingException e) {
            return call.name() + "(" + call.arguments() + ")";
        }
        return call.name() + "("
                + arguments.properties().stream()
                        .map(entry -> entry.getKey() + ": "
                                + (entry.getValue().isTextual()
                                        ? entry.getValue().textValue()
                                        : entry.getValue().toString()))
                        .collect(Collectors.joining(", "))
                + ")";
    }
}
