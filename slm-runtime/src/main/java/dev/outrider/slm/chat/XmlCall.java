package dev.outrider.slm.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A call in the manner of Nemotron 3: {@code <function=NAME>}, then per argument {@code <parameter=KEY>}, the value and {@code </parameter>},
 * a line each, then {@code </function>}. Values are untyped text, which may span lines; the tool's schema says what they are.
 */
final class XmlCall {

    private static final Pattern FUNCTION = Pattern.compile("\\s*<function=([^>\\n]*)>\\s*");
    private static final Pattern PARAMETER = Pattern.compile("<parameter=([^>\\n]*)>\\n?");
    private static final String PARAMETER_END = "</parameter>";
    private static final Pattern END = Pattern.compile("</function>\\s*");

    private XmlCall() {}

    /**
     * Parses what stands between the call's markers.
     *
     * @param utf8 the text
     * @param tools the tools offered; arguments of tools that are none of them are taken for texts
     * @param decisions gets the places of the decision bytes
     * @param names gets the places of the tool's name and the bracket behind it
     */
    static ToolCall parse(byte[] utf8, List<ToolSpecification> tools, BitSet decisions, BitSet names)
            throws MalformedCompletionException {
        // one char a byte, so that places in the text are places in the bytes
        String text = new String(utf8, StandardCharsets.ISO_8859_1);
        Matcher function = FUNCTION.matcher(text);
        if (!function.lookingAt() || function.group(1).isBlank()) {
            throw new MalformedCompletionException("the call does not begin with <function=NAME>");
        }
        String name = utf8(function.group(1));
        names.set(function.start(1), function.end(1) + 1);
        decisions.set(function.start(1), function.end(1) + 1);
        ArgumentValues values = ArgumentValues.of(name, tools);
        ObjectNode arguments = TemplateJson.JSON.createObjectNode();
        int at = function.end();
        Matcher parameter = PARAMETER.matcher(text);
        while (parameter.region(at, text.length()).lookingAt()) {
            decisions.set(at, parameter.end(1) + 1);
            String key = utf8(parameter.group(1));
            int close = text.indexOf(PARAMETER_END, parameter.end());
            if (close < 0) {
                throw new MalformedCompletionException("the parameter '" + shortened(key) + "' is not closed");
            }
            if (key.isBlank() || arguments.has(key)) {
                throw new MalformedCompletionException(
                        key.isBlank() ? "a parameter has no name" : "the parameter '" + shortened(key) + "' stands twice in the call");
            }
            int end = close > parameter.end() && text.charAt(close - 1) == '\n' ? close - 1 : close;
            // the value, and the first byte behind it: the value might have gone on
            decisions.set(parameter.end(), end + 1);
            arguments.set(key, values.read(key, utf8(text.substring(parameter.end(), end))));
            at = close + PARAMETER_END.length();
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }
        // another parameter, or the end
        decisions.set(at, Math.min(at + 2, text.length()));
        if (!END.matcher(text).region(at, text.length()).matches()) {
            throw new MalformedCompletionException("the call does not end with </function>");
        }
        return new ToolCall(name, arguments.toString());
    }

    /** The call as the template writes it, markers included, with a line break at the end. */
    static String write(ToolExecutionRequest call) {
        StringBuilder text = new StringBuilder("<tool_call>\n<function=").append(call.name()).append(">\n");
        ObjectNode arguments = TemplateJson.arguments(call);
        if (arguments != null) {
            arguments.properties().forEach(entry -> text.append("<parameter=")
                    .append(entry.getKey())
                    .append(">\n")
                    .append(plain(entry.getValue()))
                    .append("\n</parameter>\n"));
        }
        return text.append("</function>\n</tool_call>\n").toString();
    }

    /** A value as Python's {@code str} writes it, objects and lists as JSON. */
    static String plain(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> value.textValue();
            case BOOLEAN -> value.booleanValue() ? "True" : "False";
            case NULL -> "None";
            default -> TemplateJson.write(value);
        };
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static String shortened(String key) {
        return key.length() > 40 ? key.substring(0, 40) + "…" : key;
    }
}
