package dev.outrider.slm.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of one call, {@code {"name":"…","arguments":{…}}}, and notes which of its bytes are decisions in the
 * sense of {@link Completion}. Exactly these two keys, each once; anything else is a problem, not a guess.
 */
final class CallParser {

    private static final JsonFactory JSON =
            new JsonFactoryBuilder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final byte[] json;
    private final BitSet decisions;
    private final BitSet nameBytes;
    private @Nullable String name;
    private @Nullable String arguments;

    private CallParser(byte[] json, BitSet decisions, BitSet nameBytes) {
        this.json = json;
        this.decisions = decisions;
        this.nameBytes = nameBytes;
    }

    /**
     * Parses a call.
     *
     * @param json UTF-8
     * @param decisions gets the places of the decision bytes
     * @param nameBytes gets the places of the tool's name, its closing quote included
     */
    static ToolCall parse(byte[] json, BitSet decisions, BitSet nameBytes) throws MalformedCompletionException {
        return parse(json, parser -> {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedCompletionException("the call is not a JSON object");
            }
            ToolCall call = new CallParser(json, decisions, nameBytes).read(parser);
            if (parser.nextToken() != null) {
                throw new MalformedCompletionException("there is more text behind the call's JSON");
            }
            return call;
        });
    }

    /**
     * Parses a list of calls, {@code [{"name":…,"arguments":…}, …]}; behind each of them a comma or the bracket is a decision.
     *
     * @param json UTF-8
     * @param decisions gets the places of the decision bytes
     * @param nameBytes gets the places of the tools' names, their closing quotes included
     */
    static List<ToolCall> parseList(byte[] json, BitSet decisions, BitSet nameBytes) throws MalformedCompletionException {
        return parse(json, parser -> {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw new MalformedCompletionException("the calls are not a JSON list");
            }
            List<ToolCall> calls = new ArrayList<>();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                CallParser call = new CallParser(json, decisions, nameBytes);
                calls.add(call.read(parser));
                call.decideWhatFollows(start(parser) + 1, true);
            }
            if (parser.currentToken() != JsonToken.END_ARRAY) {
                throw new MalformedCompletionException("the list of calls holds something that is no JSON object");
            }
            if (calls.isEmpty()) {
                throw new MalformedCompletionException("the list of calls is empty");
            }
            if (parser.nextToken() != null) {
                throw new MalformedCompletionException("there is more text behind the list of calls");
            }
            return calls;
        });
    }

    private interface Reading<T> {
        T of(JsonParser parser) throws IOException, MalformedCompletionException;
    }

    private static <T> T parse(byte[] json, Reading<T> reading) throws MalformedCompletionException {
        try (JsonParser parser = JSON.createParser(json)) {
            return reading.of(parser);
        } catch (JsonProcessingException e) {
            throw new MalformedCompletionException(
                    "the call is not valid JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
        } catch (IOException e) {
            throw new MalformedCompletionException("the call is not valid UTF-8");
        }
    }

    /** Reads the object that the parser has just entered, up to its closing brace. */
    private ToolCall read(JsonParser parser) throws IOException, MalformedCompletionException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (key) {
                case "name" -> readName(parser, value);
                case "arguments" -> readArguments(parser, value);
                default -> throw new MalformedCompletionException("the call has the key \"" + shortened(key)
                        + "\"; only \"name\" and \"arguments\" are allowed");
            }
        }
        if (name == null || arguments == null) {
            throw new MalformedCompletionException("the call has no " + (name == null ? "\"name\"" : "\"arguments\""));
        }
        return new ToolCall(name, arguments);
    }

    private void readName(JsonParser parser, JsonToken value) throws IOException, MalformedCompletionException {
        if (value != JsonToken.VALUE_STRING || parser.getText().isBlank()) {
            throw new MalformedCompletionException("\"name\" is not a non-empty string");
        }
        name = parser.getText();
        decide(start(parser) + 1, end(parser));
        nameBytes.set(start(parser) + 1, end(parser));
    }

    private void readArguments(JsonParser parser, JsonToken first) throws IOException, MalformedCompletionException {
        if (first != JsonToken.START_OBJECT) {
            throw new MalformedCompletionException("\"arguments\" is not an object");
        }
        int start = start(parser);
        JsonToken token = first;
        for (int depth = 1; depth > 0; ) {
            token = parser.nextToken();
            if (token == null) {
                throw new MalformedCompletionException("\"arguments\" does not end");
            }
            switch (token) {
                case START_OBJECT, START_ARRAY -> depth++;
                case FIELD_NAME -> decide(start(parser), endOfString(start(parser)));
                case END_OBJECT, END_ARRAY -> {
                    depth--;
                    decide(start(parser), start(parser) + 1);
                    decideWhatFollows(start(parser) + 1, depth > 0);
                }
                default -> {
                    int end = end(parser);
                    decide(start(parser) + (token == JsonToken.VALUE_STRING ? 1 : 0), end);
                    decideWhatFollows(end, true);
                }
            }
        }
        arguments = new String(json, start, start(parser) + 1 - start, StandardCharsets.UTF_8);
    }

    /** Behind a value a comma or a closing bracket decides whether more follows. */
    private void decideWhatFollows(int from, boolean inside) {
        int i = from;
        while (inside && i < json.length && (json[i] == ' ' || json[i] == '\n' || json[i] == '\r' || json[i] == '\t')) {
            i++;
        }
        if (inside) {
            decide(from, Math.min(i + 1, json.length));
        }
    }

    private void decide(int from, int to) {
        decisions.set(from, to);
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    private static int end(JsonParser parser) throws IOException {
        parser.finishToken();
        return (int) parser.currentLocation().getByteOffset();
    }

    /** The place behind the closing quote of the string that opens at {@code from}; valid JSON is given. */
    private int endOfString(int from) {
        int i = from + 1;
        while (json[i] != '"') {
            i += json[i] == '\\' ? 2 : 1;
        }
        return i + 1;
    }

    private static String shortened(String key) {
        return key.length() > 40 ? key.substring(0, 40) + "…" : key;
    }
}
