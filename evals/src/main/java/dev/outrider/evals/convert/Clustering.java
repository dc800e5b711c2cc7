package dev.outrider.evals.convert;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups queries that ask for the same kind of work. Two queries can only meet when their actions have the same form (the same tools, the
 * same JSON keys, a label, code…), and calls, JSON and replies in a conversation with tools are a kind by that alone. Within the other
 * forms the words of the prompts decide: hashed TF-IDF vectors of words and pairs of words (K.
 * Weinberger et al., Feature Hashing, ICML 2009), first a pass that puts each to the nearest group or opens one, then groups that are
 * near on average are joined, the nearest first. The same queries in the same order give the same groups; nothing is drawn by chance.
 */
final class Clustering {

    private static final int DIMENSIONS = 1 << 16;
    private static final double JOIN = 0.35;
    private static final double NEAR = 0.22;
    private static final int MOST_GROUPS = 400;

    private Clustering() {}

    /**
     * A group.
     *
     * @param action the form that its answers share
     * @param members positions in the list of queries
     * @param centroid sum of the unit vectors of its first members; empty where the form alone makes the group
     */
    record Group(String action, List<Integer> members, float[] centroid) {}

    /** The groups, largest first. */
    static List<Group> of(List<AgentQuery> queries) {
        List<Map<Integer, Float>> vectors = vectors(queries);
        Map<String, List<Integer>> forms = new LinkedHashMap<>();
        for (int i = 0; i < queries.size(); i++) {
            forms.computeIfAbsent(Shape.action(queries.get(i)), k -> new ArrayList<>()).add(i);
        }
        List<Group> all = new ArrayList<>();
        forms.forEach((action, members) -> {
            if (Shape.tellsTheKind(queries.get(members.getFirst()))) {
                all.add(new Group(action, members, new float[0]));
            } else {
                all.addAll(joined(leaders(action, members, vectors)));
            }
        });
        all.sort(Comparator.comparingInt((Group g) -> -g.members().size()).thenComparing(Group::action));
        return all;
    }

    private static List<Map<Integer, Float>> vectors(List<AgentQuery> queries) {
        int[] documents = new int[DIMENSIONS];
        List<Map<Integer, Float>> counts = new ArrayList<>();
        for (AgentQuery q : queries) {
            Map<Integer, Float> count = new HashMap<>();
            Words.ofPrompt(q).forEach(w -> count.merge(slot(w), 1f, Float::sum));
            count.keySet().forEach(k -> documents[k]++);
            counts.add(count);
        }
        int n = queries.size();
        for (Map<Integer, Float> count : counts) {
            double[] norm = new double[1];
            count.replaceAll((k, c) -> {
                float weight = (float) ((1 + Math.log(c)) * Math.log((1.0 + n) / (1.0 + documents[k])));
                norm[0] += weight * weight;
                return weight;
            });
            float length = (float) Math.sqrt(norm[0]);
            if (length > 0) {
                count.replaceAll((k, w) -> w / length);
            }
        }
        return counts;
    }

    private static int slot(String word) {
        int hash = word.hashCode() * 0x9E3779B9;
        return (hash ^ hash >>> 16) & DIMENSIONS - 1;
    }

    private static List<Group> leaders(String action, List<Integer> members, List<Map<Integer, Float>> vectors) {
        List<Group> groups = new ArrayList<>();
        // squared lengths of the sums, kept up to date: |c + v|² = |c|² + 2 c·v + 1
        double[] squares = new double[MOST_GROUPS];
        for (int i : members) {
            Map<Integer, Float> v = vectors.get(i);
            int best = -1;
            double most = -1;
            for (int g = 0; g < groups.size(); g++) {
                double near = squares[g] == 0 ? 0 : dot(v, groups.get(g)) / Math.sqrt(squares[g]);
                if (near > most) {
                    most = near;
                    best = g;
                }
            }
            if (best < 0 || !v.isEmpty() && most < JOIN && groups.size() < MOST_GROUPS) {
                best = groups.size();
                groups.add(new Group(action, new ArrayList<>(), new float[DIMENSIONS]));
            }
            Group chosen = groups.get(best);
            squares[best] += 2 * dot(v, chosen) + (v.isEmpty() ? 0 : 1);
            chosen.members().add(i);
            v.forEach((k, w) -> chosen.centroid()[k] += w);
        }
        return groups;
    }

    private static double dot(Map<Integer, Float> v, Group g) {
        double dot = 0;
        for (Map.Entry<Integer, Float> e : v.entrySet()) {
            dot += e.getValue() * g.centroid()[e.getKey()];
        }
        return dot;
    }

    /**
     * Average linkage: the mean similarity of the members of two groups is the product of their sums over their sizes. The products are
     * kept: that of a joined group is the sum of those of its parts.
     */
    private static List<Group> joined(List<Group> groups) {
        int n = groups.size();
        double[][] products = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                products[i][j] = dot(groups.get(i).centroid(), groups.get(j).centroid());
                products[j][i] = products[i][j];
            }
        }
        boolean[] gone = new boolean[n];
        while (true) {
            double most = NEAR;
            int a = -1;
            int b = -1;
            for (int i = 0; i < n; i++) {
                for (int j = i + 1; j < n && !gone[i]; j++) {
                    double near = products[i][j] / groups.get(i).members().size() / groups.get(j).members().size();
                    if (!gone[j] && near > most) {
                        most = near;
                        a = i;
                        b = j;
                    }
                }
            }
            if (a < 0) {
                break;
            }
            groups.get(a).members().addAll(groups.get(b).members());
            gone[b] = true;
            for (int k = 0; k < n; k++) {
                products[a][k] += products[b][k];
                products[k][a] = products[a][k];
            }
        }
        List<Group> left = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            if (!gone[i]) {
                groups.get(i).members().sort(Integer::compare);
                left.add(groups.get(i));
            }
        }
        return left;
    }

    private static double dot(float[] a, float[] b) {
        double dot = 0;
        for (int k = 0; k < DIMENSIONS; k++) {
            dot += a[k] * b[k];
        }
        return dot;
    }
}
