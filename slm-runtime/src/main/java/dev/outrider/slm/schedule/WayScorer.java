package dev.outrider.slm.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.Ways;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;
import dev.outrider.slm.state.PrefixTree;
import dev.outrider.slm.state.Snapshot;

/**
 * Weighs several ways to go on behind a prompt that was read a moment ago: from the kept state nearest to its end it reads what is missing,
 * then the tree of the ways, level by level and only where ways part. Each step is a job between two steps of the scheduler, of no more
 * tokens than a chunk, so nobody who writes waits longer than for somebody else's prompt.
 */
public final class WayScorer {

    /** Most tokens between the kept state and the place where the ways part; beyond, reading them again would cost more than it tells. */
    static final int MOST_READ = 128;

    /** Groups of ways that are less likely than this are not told apart. */
    static final double NEGLIGIBLE = 1e-4;

    /** Places where ways part that are looked at, the likeliest first. */
    private static final int MOST_PLACES = 16;

    private final Scheduler scheduler;
    private final LanguageModel model;
    private final PrefixTree tree;

    public WayScorer(Scheduler scheduler, LanguageModel model, PrefixTree tree) {
        this.scheduler = scheduler;
        this.model = model;
        this.tree = tree;
    }

    /** Ways that agree up to here, and how likely they are together. */
    private record Group(int[] path, List<Integer> ways, double probability) {}

    /**
     * Weighs them.
     *
     * @param prompt at least one token
     * @param ways of at least one token each, all beginning with the same one; none is the beginning of another
     * @return nothing when no state near the end of the prompt was kept
     */
    public Optional<Ways> weigh(int[] prompt, List<int[]> ways) {
        int common = common(ways);
        int[] base = joined(prompt, Arrays.copyOf(ways.getFirst(), common));
        if (base.length + longest(ways) - common >= model.contextLength()) {
            return Optional.empty();
        }
        float[] rows = new float[model.vocabularySize() * 2];
        try (Snapshot parting = scheduler.call(() -> read(prompt.length, base, rows))) {
            if (parting == null) {
                return Optional.empty();
            }
            float[] atEnd = Arrays.copyOf(rows, model.vocabularySize());
            float[] atParting = Arrays.copyOfRange(rows, model.vocabularySize(), rows.length);
            double first = Math.exp(atEnd[ways.getFirst()[0]] - logSum(atEnd));
            double[] probabilities = new double[ways.size()];
            List<Group> open = new ArrayList<>();
            List<Integer> all = new ArrayList<>();
            for (int i = 0; i < ways.size(); i++) {
                all.add(i);
            }
            part(new Group(base, all, 1), base.length - prompt.length, ways, atParting, open, probabilities);
            int places = 1;
            while (!open.isEmpty() && open.getFirst().probability >= NEGLIGIBLE && places < MOST_PLACES) {
                Group next = open.removeFirst();
                float[] logits = scheduler.call(() -> at(parting, next.path));
                part(next, next.path.length - prompt.length, ways, logits, open, probabilities);
                places++;
            }
            double unresolved = 0;
            for (Group group : open) {
                unresolved += group.probability;
                group.ways.forEach(way -> probabilities[way] = group.probability / group.ways.size());
            }
            return Optional.of(new Ways(
                    Math.min(1, first), Arrays.stream(probabilities).boxed().toList(), Math.min(1, unresolved)));
        }
    }

    /** Reads up to where the ways part; gives the state there and the logits at the prompt's end and there. */
    private @Nullable Snapshot read(int prompt, int[] base, float[] rows) {
        try (Snapshot kept = tree.near(base, prompt - 1)) {
            int missing = kept == null ? Integer.MAX_VALUE : base.length - kept.position();
            if (kept == null || missing > Math.min(MOST_READ, Math.min(model.largestBatch(), model.largestStep()))) {
                return null;
            }
            SequenceState state = kept.fork(model, base.length);
            try {
                model.step(List.of(new SequenceStep(state, base, kept.position(), missing, null)), new TokenChoice[1]);
                float[] row = new float[model.vocabularySize()];
                model.logits(prompt - 1 - kept.position(), 1, row);
                System.arraycopy(row, 0, rows, 0, row.length);
                model.logits(missing - 1, 1, row);
                System.arraycopy(row, 0, rows, row.length, row.length);
                return Snapshot.of(model, state, base);
            } finally {
                state.release();
            }
        }
    }

    /** The logits behind a path that goes on from where the ways part. */
    private float[] at(Snapshot parting, int[] path) {
        SequenceState state = parting.fork(model, path.length);
        try {
            int count = path.length - parting.position();
            model.step(List.of(new SequenceStep(state, path, parting.position(), count, null)), new TokenChoice[1]);
            float[] logits = new float[model.vocabularySize()];
            model.logits(count - 1, 1, logits);
            return logits;
        } finally {
            state.release();
        }
    }

    /** Shares the probability of a group among its ways, or among the smaller groups that it falls into; likeliest first. */
    private static void part(
            Group group, int depth, List<int[]> ways, float[] logits, List<Group> open, double[] probabilities) {
        Map<Integer, List<Integer>> byToken = new LinkedHashMap<>();
        for (int way : group.ways) {
            byToken.computeIfAbsent(ways.get(way)[depth], _ -> new ArrayList<>()).add(way);
        }
        float[] among = new float[byToken.size()];
        int n = 0;
        for (int token : byToken.keySet()) {
            among[n++] = logits[token];
        }
        double sum = logSum(among);
        byToken.forEach((token, members) -> {
            double probability = group.probability * Math.exp(logits[token] - sum);
            if (members.size() == 1) {
                probabilities[members.getFirst()] = probability;
                return;
            }
            // tokens that all of them share need no opinion of the model
            List<int[]> rest = members.stream().map(way -> Arrays.copyOfRange(ways.get(way), depth, ways.get(way).length)).toList();
            int shared = common(rest);
            open.add(new Group(joined(group.path, Arrays.copyOf(rest.getFirst(), shared)), members, probability));
        });
        open.sort((a, b) -> Double.compare(b.probability, a.probability));
    }

    private static int common(List<int[]> ways) {
        int[] one = ways.getFirst();
        int common = one.length;
        for (int[] way : ways) {
            int differ = Arrays.mismatch(one, way);
            common = Math.min(common, differ < 0 ? way.length : differ);
        }
        // a single way, or ways that are alike, part behind their last token but one
        return Math.min(common, ways.stream().mapToInt(way -> way.length).min().orElse(1) - 1);
    }

    private static int longest(List<int[]> ways) {
        return ways.stream().mapToInt(way -> way.length).max().orElse(0);
    }

    private static double logSum(float[] logits) {
        float top = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            top = Math.max(top, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - top);
        }
        return top + Math.log(sum);
    }

    private static int[] joined(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
