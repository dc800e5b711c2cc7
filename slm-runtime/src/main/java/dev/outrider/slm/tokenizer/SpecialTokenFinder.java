package dev.outrider.slm.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the special tokens in a text. Where two overlap the longer one wins, wherever it begins, and of equally long
 * ones the first in the text. One pass over a trie: time is proportional to the text times the longest token, not to
 * their number.
 */
final class SpecialTokenFinder {

    /**
     * A special token in a text.
     *
     * @param from first char
     * @param to behind the last char
     * @param token its id
     */
    record Match(int from, int to, int token) {}

    private static final class Node {
        private final Map<Character, Node> children = new HashMap<>();
        private int token = -1;
    }

    private final Node root = new Node();

    /** Finds these tokens, given as written form and id. */
    SpecialTokenFinder(Map<String, Integer> tokens) {
        tokens.forEach((text, id) -> {
            Node node = root;
            for (char c : text.toCharArray()) {
                node = node.children.computeIfAbsent(c, k -> new Node());
            }
            node.token = id;
        });
    }

    /** The special tokens of a text, in order, none overlapping. */
    List<Match> find(String text) {
        List<Match> candidates = new ArrayList<>();
        for (int from = 0; from < text.length(); from++) {
            @Nullable Node node = root.children.get(text.charAt(from));
            for (int i = from + 1; node != null; i++) {
                if (node.token >= 0) {
                    candidates.add(new Match(from, i, node.token));
                }
                node = i < text.length() ? node.children.get(text.charAt(i)) : null;
            }
        }
        candidates.sort(Comparator.comparingInt((Match m) -> m.from - m.to).thenComparingInt(Match::from));
        NavigableMap<Integer, Match> taken = new TreeMap<>();
        for (Match match : candidates) {
            Map.@Nullable Entry<Integer, Match> before = taken.lowerEntry(match.to);
            if (before == null || before.getValue().to <= match.from) {
                taken.put(match.from, match);
            }
        }
        return List.copyOf(taken.values());
    }
}
