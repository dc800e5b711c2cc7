package dev.outrider.router;

import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lets an answer's text pass as it grows, except what may turn out to be a tool call written as text
 * ({@link LeakedCall}): from the first character that such a call could begin with, text is held until it is clear that
 * it is none. What has passed is never part of one. Used by one thread at a time.
 */
final class LeakGuard {

    private final boolean toolsOffered;
    private final Pattern marks;
    private final StringBuilder text = new StringBuilder();
    private int passed;
    private boolean begun;
    private boolean shut;

    /** @param tools names of the tools that were offered */
    LeakGuard(Collection<String> tools) {
        this.toolsOffered = !tools.isEmpty();
        String named = tools.stream().map(Pattern::quote).collect(Collectors.joining("|", "\"name\"\\s*+:\\s*+\"(", ")\""));
        this.marks = Pattern.compile(Stream.concat(
                        LeakedCall.MARKS.stream().map(Pattern::quote), toolsOffered ? Stream.of(named) : Stream.empty())
                .collect(Collectors.joining("|")));
    }

    /** Adds a piece and gives what may pass now; empty when all of it is held. */
    String pass(String piece) {
        text.append(piece);
        if (!begun && toolsOffered && !shut) {
            Matcher opening = LeakedCall.OPENING.matcher(text);
            boolean isCall = opening.lookingAt();
            shut = isCall;
            if (isCall || opening.hitEnd()) {
                return "";
            }
        }
        begun = true;
        int from = passed;
        Matcher mark = marks.matcher(text);
        while (!shut && passed < text.length()) {
            mark.region(passed, text.length());
            shut = mark.lookingAt();
            if (shut || mark.hitEnd()) {
                break;
            }
            passed++;
        }
        return text.substring(from, passed);
    }

    /** What passed so far. */
    String passed() {
        return text.substring(0, passed);
    }

    /** Forgets everything. */
    void restart() {
        text.setLength(0);
        passed = 0;
        begun = false;
        shut = false;
    }
}
