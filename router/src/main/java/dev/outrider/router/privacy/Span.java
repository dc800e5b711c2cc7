package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A place in a text.
 *
 * @param start index of the first {@code char}
 * @param end index behind the last one
 * @param kind what stands there
 */
record Span(int start, int end, SensitiveKind kind) {

    /** Stands for what is found already: no address, number or name goes across it. */
    private static final char TAKEN = '\uffff';

    /** Takes the place out of a text without moving what is behind it. */
    void blank(StringBuilder text) {
        for (int i = start; i < end; i++) {
            text.setCharAt(i, TAKEN);
        }
    }

    int length() {
        return end - start;
    }

    /**
     * Spans in order without overlaps: those that overlap become one that covers them all, of the kind of the longest,
     * so that no part of any of them stays behind.
     */
    static List<Span> merged(List<Span> spans) {
        List<Span> sorted = new ArrayList<>(spans);
        sorted.sort(Comparator.comparingInt(Span::start).thenComparing(Span::end, Comparator.reverseOrder()));
        List<Span> merged = new ArrayList<>();
        int longest = 0;
        for (Span span : sorted) {
            Span last = merged.isEmpty() ? null : merged.getLast();
            if (last == null || span.start >= last.end) {
                merged.add(span);
                longest = span.length();
            } else {
                SensitiveKind kind = span.length() > longest ? span.kind : last.kind;
                longest = Math.max(longest, span.length());
                merged.set(merged.size() - 1, new Span(last.start, Math.max(last.end, span.end), kind));
            }
        }
        return merged;
    }
}
