package dev.outrider.router.policy;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;

/** YAML as a tree that remembers where every key and value stands. */
sealed interface PolicyTree {

    /** Where something stands, counted from 1. */
    record At(int line, int column) {
        private static At of(JsonLocation location) {
            return new At(location.getLineNr(), location.getColumnNr());
        }
    }

    At at();

    /** A text, number, truth value or nothing. */
    record Scalar(String text, boolean isNull, At at) implements PolicyTree {}

    /** A list. */
    record Items(List<PolicyTree> items, At at) implements PolicyTree {}

    /** A section: keys and what they hold. */
    record Section(Map<String, Entry> entries, At at) implements PolicyTree {}

    /** What a key holds, and where the key stands. */
    record Entry(PolicyTree value, At keyAt) {}

    /** Reads a text that holds one YAML document. */
    static PolicyTree parse(String file, String yaml) {
        try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new PolicyException(file, 1,
                        1, "is empty; a policy starts with version, models and workloads");
            }
            PolicyTree tree = node(file, parser, first);
            if (parser.nextToken() != null) {
                At at = At.of(parser.currentTokenLocation());
                throw new PolicyException(file, at.line(),
                        at.column(), "a second document starts here; a policy file holds one");
            }
            return tree;
        } catch (JsonProcessingException e) {
            JsonLocation location = e.getLocation();
            String message = e.getOriginalMessage();
            int end = message.indexOf('\n');
            throw new PolicyException(
                    file,
                    location == null ? 0 : location.getLineNr(),
                    location == null ? 0 : location.getColumnNr(),
                    "is not YAML: " + OneLine.of(end < 0 ? message : message.substring(0, end)));
        } catch (IOException e) {
            throw new PolicyException(file, 0, 0, "cannot be read: " + OneLine.of(e));
        }
    }

    private static PolicyTree node(String file, YAMLParser parser, @Nullable JsonToken token) throws IOException {
        At at = At.of(parser.currentTokenLocation());
        if (token == JsonToken.START_OBJECT) {
            return section(file, parser, at);
        }
        if (token == JsonToken.START_ARRAY) {
            List<PolicyTree> items = new ArrayList<>();
            for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
                items.add(node(file, parser, next));
            }
            return new Items(List.copyOf(items), at);
        }
        return new Scalar(parser.getText(), token == JsonToken.VALUE_NULL, at);
    }

    private static Section section(String file, YAMLParser parser, At at) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            At keyAt = At.of(parser.currentTokenLocation());
            PolicyTree value = node(file, parser, parser.nextToken());
            if (entries.put(key, new Entry(value, keyAt)) != null) {
                throw new PolicyException(
                        file, keyAt.line(), keyAt.column(), "the key " + key + " stands here a second time; keep one");
            }
        }
        return new Section(entries, at);
    }
}
