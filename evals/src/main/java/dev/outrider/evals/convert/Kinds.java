package dev.outrider.evals.convert;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.outrider.evals.stats.Wilson;

/** Names and weighs the groups of a log. */
public final class Kinds {

    private static final int NAME_WORDS = 3;

    private Kinds() {}

    /** The kinds of curated queries, largest first; the same for the same queries in the same order. */
    public static List<Kind> of(List<AgentQuery> queries) {
        Map<String, Integer> documents = new HashMap<>();
        queries.forEach(q -> new HashSet<>(singles(q)).forEach(w -> documents.merge(w, 1, Integer::sum)));
        List<Kind> kinds = new ArrayList<>();
        Map<String, Integer> names = new HashMap<>();
        for (Clustering.Group group : Clustering.of(queries)) {
            List<AgentQuery> members = group.members().stream().map(queries::get).toList();
            String name = Shape.tellsTheKind(members.getFirst())
                    ? group.action()
                    : name(group.action(), members, documents, queries.size());
            int same = names.merge(name, 1, Integer::sum);
            kinds.add(kind(same == 1 ? name : name + " (" + same + ")", members));
        }
        return kinds;
    }

    private static Kind kind(String name, List<AgentQuery> members) {
        long learnable = members.stream().filter(q -> Learnable.learnable(q, members)).count();
        double after = (double) learnable / members.size();
        int groups = (int) members.stream().map(AgentQuery::group).distinct().count();
        long measured = members.stream().filter(q -> q.localRight() != null).count();
        long right = members.stream().filter(q -> Boolean.TRUE.equals(q.localRight())).count();
        return new Kind(
                name,
                Shape.of(members.getFirst().answer()),
                members,
                groups,
                median(members.stream().mapToLong(q -> Words.context(q).length()).sorted().toArray()),
                median(members.stream().mapToLong(q -> Words.answer(q.answer()).length()).sorted().toArray()),
                (int) measured,
                measured == 0 ? null : (double) right / measured,
                after,
                Wilson.interval95(after, groups));
    }

    private static long median(long[] sorted) {
        return sorted[sorted.length / 2];
    }

    /** The form, and the words that most members share and few others have. */
    private static String name(String action, List<AgentQuery> members, Map<String, Integer> documents, int all) {
        Map<String, Integer> here = new HashMap<>();
        members.forEach(q -> new HashSet<>(singles(q)).forEach(w -> here.merge(w, 1, Integer::sum)));
        List<String> telling = here.entrySet().stream()
                .filter(e -> e.getValue() * 2 > members.size() && e.getKey().length() > 3)
                .sorted(Comparator.comparingDouble((Map.Entry<String, Integer> e) -> -e.getValue()
                                / (double) members.size() * Math.log((1.0 + all) / documents.getOrDefault(e.getKey(), 1)))
                        .thenComparing(Map.Entry::getKey))
                .limit(NAME_WORDS)
                .map(Map.Entry::getKey)
                .toList();
        return telling.isEmpty() ? action : action + ": " + String.join(" ", telling);
    }

    private static Set<String> singles(AgentQuery q) {
        Set<String> words = new HashSet<>();
        Words.ofOpening(q).forEach(words::add);
        return words;
    }
}
