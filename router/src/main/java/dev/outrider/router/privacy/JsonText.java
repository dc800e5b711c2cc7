package dev.outrider.router.privacy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Changes strings and numbers inside of a JSON text and leaves every other character as it was written. */
final class JsonText {

    private static final JsonFactory JSON = new JsonFactory();

    private JsonText() {}

    /**
     * One key, string or number.
     *
     * @param text the key or string with its escapes read; a number as it is written
     * @param property the key, in the outermost object, of the value that this is; null for anything deeper and for keys
     * @param isNumber whether it is a number
     */
    record Literal(String text, @Nullable String property, boolean isNumber) {}

    /** What stands in place of a literal: a string, or a number when it says so. */
    record Change(String text, boolean isNumber) {}

    /** Says how a literal is changed; null when it stays. */
    interface Editor {
        @Nullable Change change(Literal literal);
    }

    /** The changed text, or null when it is not one JSON object or array. */
    static @Nullable String edit(String json, Editor editor) {
        String start = json.stripLeading();
        if (!start.startsWith("{") && !start.startsWith("[")) {
            return null;
        }
        StringBuilder out = new StringBuilder();
        int copied = 0;
        int depth = 0;
        try (JsonParser parser = JSON.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (depth == 0 && !token.isStructEnd()) {
                    return null;
                }
                boolean key = token == JsonToken.FIELD_NAME;
                if (!key && token != JsonToken.VALUE_STRING && !token.isNumeric()) {
                    continue;
                }
                int from = (int) parser.currentTokenLocation().getCharOffset();
                boolean number = token.isNumeric();
                String property = depth == 1 && !key ? parser.currentName() : null;
                Change change = editor.change(new Literal(parser.getText(), property, number));
                if (change != null) {
                    int end = number ? from + parser.getTextLength() : endOfString(json, from);
                    out.append(json, copied, from).append(written(change));
                    copied = end;
                }
            }
        } catch (IOException e) {
            return null;
        }
        return depth == 0 ? out.append(json, copied, json.length()).toString() : null;
    }

    /** A text as it stands between the quotes of a JSON string. */
    static String escaped(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private static String written(Change change) {
        return change.isNumber() ? change.text() : "\"" + escaped(change.text()) + "\"";
    }

    private static int endOfString(String json, int quote) {
        int i = quote + 1;
        while (json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return i + 1;
    }
}
