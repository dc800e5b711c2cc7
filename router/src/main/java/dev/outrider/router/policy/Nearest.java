package dev.outrider.router.policy;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the word that a misspelt one was probably meant to be. */
final class Nearest {

    private Nearest() {}

    /** The candidate with the fewest edits, or null when none is within a third of the word's length (at least 2). */
    static @Nullable String of(String word, Collection<String> candidates) {
        return of(word, candidates, Math.max(2, word.length() / 3));
    }

    /** The candidate with the fewest edits, or null when none is within so many. */
    static @Nullable String of(String word, Collection<String> candidates, int mostEdits) {
        int limit = mostEdits;
        String best = null;
        for (String candidate : candidates) {
            int edits = edits(word, candidate);
            if (edits <= limit) {
                limit = edits - 1;
                best = candidate;
            }
        }
        return best;
    }

    /** Levenshtein's distance by two rows. */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substitution, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
