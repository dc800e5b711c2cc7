package dev.outrider.slm;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The answers to the questions of LangChain4j's contracts, as a model that knows them would give them. */
final class ContractRules {

    private ContractRules() {}

    /** What it would like to say best, then what it says when it must not. */
    static List<String> answers(String prompt) {
        String json = prompt.contains("<|im_start|>tool\n") ? "{\"weather\":\"sunny\"}" : "{\"city\":\"Berlin\"}";
        return Stream.of(answer(prompt), json).map(answer -> answer + "<|im_end|>").toList();
    }

    private static String answer(String prompt) {
        String weather = "<tool_call>{\"name\":\"getWeather\",\"arguments\":{\"city\":\"Munich\"}}</tool_call>";
        if (prompt.endsWith("<tool_call>")) {
            return weather.substring("<tool_call>".length());
        }
        if (prompt.contains("<|im_start|>tool\n")) {
            return prompt.substring(prompt.indexOf("<|im_start|>tool\n"))
                    .replaceAll("<\\|im_start\\|>(tool|assistant)\n", "")
                    .replaceAll("<\\|im_end\\|>\n", "; ");
        }
        if (prompt.contains("weather in Munich and time")) {
            return weather + "<tool_call>{\"name\":\"getTime\",\"arguments\":{\"country\":\"France\"}}</tool_call>";
        }
        if (prompt.contains("weather in Munich")) {
            return weather;
        }
        if (prompt.contains("Use the get_current_time tool")) {
            return "<tool_call>{\"name\":\"get_current_time\",\"arguments\":{}}</tool_call>";
        }
        Map<String, String> knowledge = Map.of(
                "capital of Germany", "The capital of Germany is Berlin.",
                "I love you", "Ich liebe dich",
                "favorite color", "Your favorite color is green.",
                "Say 'Hello World'", "Hello World",
                "long story about animals", "Once upon a time there was a fox who met a hen, and they walked on together. ".repeat(4));
        return knowledge.entrySet().stream()
                .filter(entry -> prompt.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new AssertionError("a question without a rule: " + prompt));
    }
}
