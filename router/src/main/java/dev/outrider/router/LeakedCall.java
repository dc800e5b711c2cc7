package dev.outrider.router;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Recognises a tool call that a model wrote into its text instead of making it. Shown to a user, such a text looks like
 * an answer while nothing was done.
 */
final class LeakedCall {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What no text holds that is an answer. */
    static final List<String> MARKS = List.of(
            "<tool_call", "</tool_call", "<function_call", "<function=", "<|tool_call", "<|python_tag|>", "[TOOL_CALLS]",
            "<|im_start|>", "<|im_end|>", "<tool_response");

    private static final Pattern FENCED = Pattern.compile("(?s)```[a-z_]*\\s*(.*?)\\s*```");
    private static final Pattern NAMED = Pattern.compile("\"name\"\\s*:\\s*\"([^\"]{1,128})\"");
    private static final Pattern CALL = Pattern.compile("(?s)\\[?\\s*([A-Za-z_][\\w.\\-]*)\\s*\\(.*\\)\\s*]?\\s*;?");

    /** How a text begins that may be a call as a whole. */
    static final Pattern OPENING = Pattern.compile("\\s*+(?:[{\\[]|```|[A-Za-z_][\\w.\\-]*+\\s*+\\()");

    private LeakedCall() {}

    /**
     * What in the text looks like a call.
     *
     * @param text a model's text
     * @param tools names of the tools that were offered
     * @return a few words for a person, or null when nothing does
     */
    static @Nullable String in(@Nullable String text, Collection<String> tools) {
        if (text == null) {
            return null;
        }
        for (String mark : MARKS) {
            if (text.contains(mark)) {
                return mark;
            }
        }
        if (tools.isEmpty()) {
            return null;
        }
        Matcher named = NAMED.matcher(text);
        while (named.find()) {
            if (tools.contains(named.group(1))) {
                return named.group();
            }
        }
        String core = text.strip();
        Matcher fenced = FENCED.matcher(core);
        if (fenced.matches()) {
            core = fenced.group(1);
        }
        Matcher call = CALL.matcher(core);
        if (call.matches() && tools.contains(call.group(1))) {
            return call.group(1) + "(…)";
        }
        return isJsonCall(core) ? "a JSON call" : null;
    }

    private static boolean isJsonCall(String text) {
        if (!text.startsWith("{") && !text.startsWith("[")) {
            return false;
        }
        try {
            JsonNode node = JSON.readTree(text);
            JsonNode first = node.isArray() && !node.isEmpty() ? node.get(0) : node;
            return first.has("tool_calls")
                    || first.has("function_call")
                    || ((first.has("name") || first.has("function")) && (first.has("arguments")
                            || first.has("parameters")));
        } catch (JsonProcessingException e) {
            return false;
        }
    }
}
