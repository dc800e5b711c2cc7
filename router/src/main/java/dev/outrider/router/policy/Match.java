package dev.outrider.router.policy;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Conditions of a workload; all that are given must hold, and without any everything matches.
 *
 * @param label the caller's label of the work is one of these
 * @param subtask the caller's kind of subtask is one of these
 * @param offersAny the request offers at least one of these tools
 * @param toolSet the request offers exactly these tools
 * @param requestMatches regular expression found in the text of one of the request's user messages
 * @param minMessages the request has at least so many messages
 * @param callsAny the SLM's answer calls at least one of these tools
 * @param effect the heaviest effect of the SLM's answer is one of these
 */
public record Match(
        List<String> label,
        List<String> subtask,
        List<String> offersAny,
        List<String> toolSet,
        @Nullable String requestMatches,
        @Nullable Integer minMessages,
        List<String> callsAny,
        List<AnswerEffect> effect) {

    /** Matches everything. */
    public static final Match ALL =
            new Match(List.of(), List.of(), List.of(), List.of(), null, null, List.of(), List.of());

    public Match {
        label = List.copyOf(label);
        subtask = List.copyOf(subtask);
        offersAny = List.copyOf(offersAny);
        toolSet = List.copyOf(toolSet);
        callsAny = List.copyOf(callsAny);
        effect = List.copyOf(effect);
        check(
                toolSet.isEmpty() || offersAny.isEmpty() || offersAny.stream().anyMatch(toolSet::contains),
                "offers-any",
                "names no tool of the tool-set beside it, so that nothing can match both");
        check(
                toolSet.isEmpty() || callsAny.isEmpty() || callsAny.stream().anyMatch(toolSet::contains),
                "calls-any",
                "names no tool of the tool-set beside it, so that no right answer can match both");
        check(
                callsAny.isEmpty() || effect.isEmpty() || !effect.equals(List.of(AnswerEffect.REPLY)),
                "effect",
                "is reply only, but calls-any asks for a call");
    }

    /** Whether it can be told only from the SLM's answer. */
    public boolean needsAnswer() {
        return !callsAny.isEmpty() || !effect.isEmpty();
    }

    /**
     * Whether everything that these conditions match is surely matched by the others too. False when it cannot be told,
     * as with two different regular expressions.
     */
    public boolean implies(Match other) {
        return oneOf(label, other.label)
                && oneOf(subtask, other.subtask)
                && (oneOf(offersAny, other.offersAny) || !toolSet.isEmpty() && intersect(toolSet, other.offersAny))
                && (other.toolSet.isEmpty() || sameSet(toolSet, other.toolSet))
                && (other.requestMatches == null || other.requestMatches.equals(requestMatches))
                && (other.minMessages == null || minMessages != null && minMessages >= other.minMessages)
                && oneOf(callsAny, other.callsAny)
                && (oneOf(effect, other.effect)
                        || !callsAny.isEmpty() && other.effect.containsAll(List.of(
                                AnswerEffect.READ, AnswerEffect.WRITE, AnswerEffect.MONEY)));
    }

    private static <T> boolean oneOf(List<T> these, List<T> others) {
        return others.isEmpty() || !these.isEmpty() && others.containsAll(these);
    }

    private static <T> boolean intersect(Collection<T> these, Collection<T> others) {
        return these.stream().anyMatch(others::contains);
    }

    private static boolean sameSet(List<String> these, List<String> others) {
        return new HashSet<>(these).equals(new HashSet<>(others));
    }

    /** The conditions in one line: {@code label desk, effect money}; {@code everything} without any. */
    public String inWords() {
        List<String> words = new ArrayList<>();
        addTo(words, "label", label);
        addTo(words, "subtask", subtask);
        addTo(words, "offers", offersAny);
        addTo(words, "tool set", toolSet);
        if (requestMatches != null) {
            words.add("request matches /" + requestMatches + "/");
        }
        if (minMessages != null) {
            words.add("at least " + minMessages + " messages");
        }
        addTo(words, "answer calls", callsAny);
        addTo(words, "answer's effect", effect.stream().map(Kinds::kebab).toList());
        return words.isEmpty() ? "everything" : String.join(", ", words);
    }

    private static void addTo(List<String> words, String what, List<String> values) {
        if (!values.isEmpty()) {
            words.add(what + " " + String.join(" or ", values));
        }
    }
}
