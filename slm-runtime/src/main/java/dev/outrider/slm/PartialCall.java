package dev.outrider.slm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A call {@code {"name":"…","arguments":{…}}} while it is written: finds the name, then the arguments, bracket by bracket. */
final class PartialCall {

    private static final Pattern HEAD =
            Pattern.compile("\\s*\\{\\s*\"name\"\\s*:\\s*(\"(?:[^\"\\\\]|\\\\.)*\")\\s*,\\s*\"arguments\"\\s*:\\s*");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringBuilder head = new StringBuilder();
    private final StringBuilder untold = new StringBuilder();
    private @Nullable String name;
    private int told;
    private int depth;
    private boolean inText;
    private boolean escaped;
    private boolean over;

    /** The tool's name; null as long as it is not known. */
    @Nullable String name() {
        return name;
    }

    /** Characters of the arguments that were {@link #take taken}. */
    int told() {
        return told;
    }

    void accept(String piece) {
        if (name != null) {
            arguments(piece);
            return;
        }
        head.append(piece);
        Matcher matcher = HEAD.matcher(head);
        if (matcher.lookingAt()) {
            try {
                name = JSON.readValue(matcher.group(1), String.class);
            } catch (JsonProcessingException e) {
                return; // the whole answer will say what is wrong with it
            }
            arguments(head.substring(matcher.end()));
        }
    }

    private void arguments(String piece) {
        for (int i = 0; i < piece.length() && !over; i++) {
            char c = piece.charAt(i);
            untold.append(c);
            if (inText) {
                inText = escaped || c != '"';
                escaped = !escaped && c == '\\';
            } else if (c == '"') {
                inText = true;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
                over = depth == 0;
            }
        }
    }

    /** What was added to the arguments since the last time; empty when that is nothing but blanks and a first brace. */
    String take() {
        String piece = untold.toString();
        // a first brace alone says nothing, and no arguments are told in one piece
        if (name == null || name.isBlank() || piece.isBlank() || told == 0 && piece.strip().equals("{")) {
            return "";
        }
        untold.setLength(0);
        told += piece.length();
        return piece;
    }
}
