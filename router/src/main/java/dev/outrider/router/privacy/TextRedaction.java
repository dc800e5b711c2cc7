package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Texts of one query to and fro. Safe for many threads. */
final class TextRedaction {

    private final SensitiveFinder finder;
    private final Placeholders placeholders = new Placeholders();

    TextRedaction(SensitiveFinder finder) {
        this.finder = finder;
    }

    /** Keeps clear of placeholders that this text holds by itself; for all texts before the first is redacted. */
    synchronized void avoid(String text) {
        placeholders.avoid(text);
    }

    synchronized String redact(String text) {
        List<Span> found = new ArrayList<>(finder.find(text));
        found.addAll(placeholders.find(text));
        if (found.isEmpty()) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        int copied = 0;
        for (Span span : Span.merged(found)) {
            out.append(text, copied, span.start())
                    .append(placeholders.of(text.substring(span.start(), span.end()), span.kind()));
            copied = span.end();
        }
        return out.append(text, copied, text.length()).toString();
    }

    /** Like {@link #redact}, but string by string and number by number where the text is a JSON object or array. */
    String redactJson(String json) {
        String edited = JsonText.edit(json, literal -> {
            String text = redact(literal.text());
            return text.equals(literal.text()) ? null : new JsonText.Change(text, false);
        });
        return edited == null ? redact(json) : edited;
    }

    synchronized String restore(String text, UnaryOperator<String> form) {
        return placeholders.restore(text, form);
    }

    synchronized @Nullable String valueOf(String text) {
        return placeholders.valueOf(text);
    }

    synchronized int size() {
        return placeholders.size();
    }
}
