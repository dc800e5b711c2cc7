package dev.outrider.evals.suite;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a right answer is. Sealed: whoever judges handles every kind. */
public sealed interface Expected {

    /** Whether the order of several calls counts. */
    enum Order {
        ANY,
        EXACT
    }

    /**
     * These calls.
     *
     * @param alternatives other sound next steps, each a list of calls; only for cases judged by their first call
     */
    record Calls(List<ExpectedCall> calls, Order order, List<List<ExpectedCall>> alternatives) implements Expected {
        public Calls {
            calls = List.copyOf(calls);
            alternatives = List.copyOf(alternatives);
        }
    }

    /**
     * No call at all.
     *
     * @param decision what the reply is instead, in the suite's own word ({@code request_for_info}…)
     * @param referenceText what the reference wrote
     * @param texts the reply must be one of these (see {@code TextMatcher}); empty where any will do
     * @param mentions the reply must contain at least one text of every inner list (see {@code MentionsMatcher})
     */
    record NoCall(@Nullable String decision, @Nullable String referenceText, List<String> texts, List<List<String>> mentions)
            implements Expected {
        public NoCall {
            texts = List.copyOf(texts);
            mentions = mentions.stream().map(List::copyOf).toList();
        }
    }

    /** At least one well-formed call of an offered tool, whichever. */
    record AnyCall() implements Expected {}

    /** Recorded right and wrong of two models; nothing to run. */
    record Outcomes(boolean weak, boolean strong) implements Expected {}
}
