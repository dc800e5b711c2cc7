package dev.outrider.router.remote;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import java.io.IOException;
import java.util.BitSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A tool call as JSON among the bytes that a model generated, and which of them are decisions: the tool's name with its
 * closing quote, every key and value of the arguments with the comma or bracket behind it. What the syntax forces is
 * none. Servers show calls as {@code {"name":…,"arguments":{…}}} (Qwen, Hermes, Mistral), with {@code parameters}
 * (Llama), or as the arguments alone when the request leaves no choice of the tool.
 *
 * @param start place of its opening brace
 * @param end place behind its closing brace
 * @param decisions places of the bytes that decide
 */
record SpelledCall(int start, int end, BitSet decisions) {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Set<String> ARGUMENTS = Set.of("arguments", "parameters");

    /** The first place behind {@code from} where exactly this call stands; null when it stands nowhere. */
    static @Nullable SpelledCall find(byte[] text, int from, ToolExecutionRequest call) {
        JsonNode arguments;
        try {
            arguments = JSON.readTree(call.arguments() == null || call.arguments().isBlank() ? "{}" : call.arguments());
        } catch (IOException e) {
            return null;
        }
        for (int start = from; start < text.length; start++) {
            SpelledCall found = text[start] == '{' ? at(text, start, call.name(), arguments) : null;
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable SpelledCall at(byte[] text, int start, @Nullable String name, JsonNode arguments) {
        try (JsonParser parser = JSON.getFactory().createParser(text, start, text.length - start)) {
            JsonNode object = JSON.readTree(parser);
            int end = start + (int) parser.currentLocation().getByteOffset();
            boolean named = object.path("name").isTextual()
                    && object.path("name").textValue().equals(name)
                    && ARGUMENTS.stream().anyMatch(key -> arguments.equals(object.get(key)));
            if (!named && !arguments.equals(object)) {
                return null;
            }
            return new SpelledCall(start, end, decisions(text, start, named));
        } catch (IOException e) {
            return null;
        }
    }

    private static BitSet decisions(byte[] text, int start, boolean named) throws IOException {
        BitSet decisions = new BitSet(text.length);
        try (JsonParser parser = JSON.getFactory().createParser(text, start, text.length - start)) {
            parser.nextToken();
            if (!named) {
                value(parser, text, start, decisions);
                return decisions;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                parser.nextToken();
                if (key.equals("name")) {
                    literal(parser, text, start, decisions, false);
                } else if (ARGUMENTS.contains(key)) {
                    value(parser, text, start, decisions);
                } else {
                    parser.skipChildren();
                }
            }
        }
        return decisions;
    }

    /** Marks everything inside of the object at which the parser stands. */
    private static void value(JsonParser parser, byte[] text, int start, BitSet decisions) throws IOException {
        for (int depth = 1; depth > 0; ) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return;
            }
            int at = start + (int) parser.currentTokenLocation().getByteOffset();
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
                decisions.set(at);
                follows(text, at + 1, decisions, depth > 0);
            } else if (token == JsonToken.FIELD_NAME) {
                decisions.set(at, endOfString(text, at));
            } else {
                literal(parser, text, start, decisions, true);
            }
        }
    }

    private static void literal(JsonParser parser, byte[] text, int start, BitSet decisions, boolean inside)
            throws IOException {
        int at = start + (int) parser.currentTokenLocation().getByteOffset();
        boolean string = parser.currentToken() == JsonToken.VALUE_STRING;
        int end = string ? endOfString(text, at) : at + parser.getTextLength();
        decisions.set(string ? at + 1 : at, end);
        follows(text, end, decisions, inside);
    }

    /** Behind a value a comma or a closing bracket decides whether more follows. */
    private static void follows(byte[] text, int from, BitSet decisions, boolean inside) {
        int i = from;
        while (inside && i < text.length && text[i] <= ' ') {
            i++;
        }
        if (inside) {
            decisions.set(from, Math.min(i + 1, text.length));
        }
    }

    private static int endOfString(byte[] text, int quote) {
        int i = quote + 1;
        while (i < text.length && text[i] != '"') {
            i += text[i] == '\\' ? 2 : 1;
        }
        return Math.min(i + 1, text.length);
    }
}
