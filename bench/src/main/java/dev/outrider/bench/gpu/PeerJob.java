package dev.outrider.bench.gpu;

import java.util.Locale;

/**
 * One figure that is asked of llama.cpp.
 *
 * @param tokens of the prompt, of the preamble, or before those that are decoded
 * @param batch sequences that are decoded together, otherwise 1
 */
record PeerJob(Kind kind, int tokens, int batch) {

    /** What is measured. */
    enum Kind {
        /** Reading a prompt. */
        PROMPT,
        /** The first token after a kept preamble and a short question. */
        FIRST,
        /** One more token for some sequences. */
        DECODE
    }

    /** As {@link #toString} writes it. */
    static PeerJob parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("not a job: " + text);
        }
        return new PeerJob(
                Kind.valueOf(parts[0].toUpperCase(Locale.ROOT)), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + ":" + tokens + ":" + batch;
    }
}
