package dev.outrider.evals.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The form of an answer: an agent's action as far as it can be told without understanding it. */
public enum Shape {
    /** Calls of tools. */
    CALL("call"),
    /** A JSON object or array, bare, fenced or between {@code [CONTENT]} marks. */
    JSON("JSON"),
    /** A few words: a choice, a yes or no, a number. */
    LABEL("label"),
    /** Mermaid and the like. */
    DIAGRAM("diagram"),
    /** Source code. */
    CODE("code"),
    /** Everything else. */
    TEXT("text");

    private static final int LABEL_CHARACTERS = 40;
    private static final int LABEL_WORDS = 5;
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final Pattern FENCE = Pattern.compile("```(\\w*)\\s*\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CONTENT = Pattern.compile("\\[CONTENT\\](.*?)\\[/CONTENT\\]", Pattern.DOTALL);
    private static final Pattern DIAGRAM_WORD =
            Pattern.compile("\\A\\s*(sequenceDiagram|classDiagram|flowchart|graph |quadrantChart|erDiagram|stateDiagram)");
    private static final Pattern CODE_WORD =
            Pattern.compile("(?m)^(\\s*)(def |class |import |from \\S+ import |function |public |const |#include|package )");

    private final String word;

    Shape(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /** The form of an answer. */
    static Shape of(AiMessage answer) {
        if (answer.hasToolExecutionRequests()) {
            return CALL;
        }
        String text = answer.text() == null ? "" : answer.text().strip();
        if (json(text) != null) {
            return JSON;
        }
        Matcher fence = FENCE.matcher(text);
        String body = text;
        if (fence.find() && fence.group(2).length() * 2 > text.length()) {
            body = fence.group(2);
            if (fence.group(1).equals("mermaid") || DIAGRAM_WORD.matcher(body).find()) {
                return DIAGRAM;
            }
            return CODE;
        }
        if (DIAGRAM_WORD.matcher(text).find()) {
            return DIAGRAM;
        }
        if (text.length() <= LABEL_CHARACTERS && text.split("\\s+", -1).length <= LABEL_WORDS) {
            return LABEL;
        }
        return CODE_WORD.matcher(body).results().count() >= 2 ? CODE : TEXT;
    }

    /** The JSON value that a text is, however it is wrapped; null when it is none. */
    static @Nullable JsonNode json(String text) {
        Matcher content = CONTENT.matcher(text);
        String inner = content.find() ? content.group(1).strip() : text;
        Matcher fence = FENCE.matcher(inner);
        if (fence.find() && inner.strip().startsWith("```")) {
            inner = fence.group(2);
        }
        inner = inner.strip();
        if (!inner.startsWith("{") && !inner.startsWith("[")) {
            return null;
        }
        try {
            return MAPPER.readTree(inner);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /** What two answers must share to be of one kind, beside the words around them: tools that are called, keys of the JSON. */
    static String action(AgentQuery q) {
        AiMessage answer = q.answer();
        Shape shape = of(answer);
        if (shape != CALL && shape != JSON && !q.tools().isEmpty()) {
            return q.messages().getLast() instanceof ToolExecutionResultMessage result
                    ? "reply after " + (result.toolName().isEmpty() ? "a tool" : result.toolName())
                    : "reply to the user";
        }
        return switch (shape) {
            case CALL -> "call " + String.join(
                    " + ",
                    answer.toolExecutionRequests().stream().map(ToolExecutionRequest::name).distinct().toList());
            case JSON -> "JSON " + keys(json(answer.text() == null ? "" : answer.text().strip()));
            case LABEL, DIAGRAM, CODE, TEXT -> shape.word;
        };
    }

    /** Whether the form alone makes the kind. */
    static boolean tellsTheKind(AgentQuery q) {
        return switch (of(q.answer())) {
            case CALL, JSON -> true;
            case LABEL, DIAGRAM, CODE, TEXT -> !q.tools().isEmpty();
        };
    }

    private static String keys(@Nullable JsonNode node) {
        if (node == null) {
            return "";
        }
        JsonNode object = node.isArray() ? node.path(0) : node;
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(k -> names.add(k.toLowerCase(Locale.ROOT)));
        String all = String.join(", ", names.subList(0, Math.min(4, names.size())));
        return node.isArray() ? "list" + (all.isEmpty() ? "" : " of {" + all + "}") : "{" + all + (names.size() > 4 ? ", …" : "") + "}";
    }
}
