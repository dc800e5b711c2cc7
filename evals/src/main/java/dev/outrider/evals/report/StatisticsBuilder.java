package dev.outrider.evals.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.stats.ClusterTotals;
import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.Frontier;
import dev.outrider.evals.stats.NonInferiority;
import dev.outrider.router.remote.RemoteModelSettings;

/**
 * Adds queries up, one after the other, and keeps none: sums by cluster of tasks, by group and by class of confidence, and one bit for
 * every task. The queries are read twice: what the LLM counted and how often it was right must be known before the others are added.
 */
final class StatisticsBuilder {

    /** Groups of one sort that get figures of their own. */
    static final int MOST_GROUPS = 40;

    private static final int BINS = 10;

    /** Sums of a group, in order. */
    private static final int N = 0;
    private static final int REPLACED = 1;
    private static final int TOKENS = 2;
    private static final int TOKENS_REPLACED = 3;
    private static final int MONEY = 4;
    private static final int MONEY_REPLACED = 5;
    private static final int JOULES = 6;
    private static final int JOULES_REPLACED = 7;
    private static final int SUMS = 8;

    /** Sums over everything, before the groups. */
    private static final int RIGHT = 0;
    private static final int DIFFERENCE = 1;
    private static final int PAIRS = 2;
    private static final int LOCAL = 3;
    private static final int WEAK = 4;
    private static final int STRONG = 5;
    private static final int HEAD = 6;

    private final RunInfo info;
    private final ReportInputs inputs;
    private final RemoteModelSettings price;
    private final double llmShare;
    private final double inScale;
    private final double outScale;

    private final ClusterTotals totals = new ClusterTotals();
    private final Frontier frontier = new Frontier();
    private final Map<String, Integer> groups = new LinkedHashMap<>();
    private final Map<String, Boolean> tasks = new HashMap<>();
    private final Map<String, Boolean> llmTasks = new HashMap<>();
    private final double[][] bins = new double[BINS][3];
    private int notShown;
    private final Map<Character, Integer> sorts = new HashMap<>();
    private long onlyCascade;
    private long onlyLlm;
    private long assumed;
    private long paired;
    private boolean llmKnown = true;
    private long failedAttempts;
    private long failedMicroUsd;
    private double failedSeconds;
    private double llmOnly;
    private long routed;
    private double localJoules;
    private double remoteJoules;
    private double llmOnlyJoules;

    private StatisticsBuilder(RunInfo info, ReportInputs inputs, double llmShare, double inScale, double outScale) {
        this.info = info;
        this.inputs = inputs;
        this.price = info.policy().models().remote().getFirst();
        this.llmShare = llmShare;
        this.inScale = inScale;
        this.outScale = outScale;
        group('a', "all");
    }

    /** The statistics of queries that count, each time from the first on. */
    static Statistics of(RunInfo info, ReportInputs inputs, Supplier<Stream<QueryResult>> queries) {
        double[] s = new double[6];
        try (Stream<QueryResult> first = queries.get()) {
            first.forEach(r -> {
                QueryFacts f = QueryFacts.of(r);
                if (f.counted() && r.promptTokens() > 0 && r.answerTokens() > 0) {
                    s[0] += f.llmPrompt();
                    s[1] += r.promptTokens();
                    s[2] += f.llmAnswer();
                    s[3] += r.answerTokens();
                }
                Boolean known = llmRight(info, inputs, r);
                if (known != null) {
                    s[4] += known ? 1 : 0;
                    s[5]++;
                }
            });
        }
        StatisticsBuilder builder = new StatisticsBuilder(
                info, inputs, s[5] == 0 ? Double.NaN : s[4] / s[5], s[1] == 0 ? 1 : s[0] / s[1], s[3] == 0 ? 1 : s[2] / s[3]);
        try (Stream<QueryResult> second = queries.get()) {
            second.forEach(builder::add);
        }
        return builder.build();
    }

    /** Whether the LLM alone has it right; null when nobody knows. */
    private static @Nullable Boolean llmRight(RunInfo info, ReportInputs inputs, QueryResult r) {
        if (r.route() == Route.REMOTE) {
            return r.right();
        }
        SimulatedLlmBehaviour simulation = info.llm().simulation();
        return simulation != null && simulation.wrongRate() == 0 ? Boolean.TRUE : inputs.llmAlone().right(r.caseId());
    }

    private @Nullable Integer group(char sort, String name) {
        String key = sort + name;
        Integer known = groups.get(key);
        if (known != null) {
            return known;
        }
        if (sorts.merge(sort, 1, Integer::sum) > MOST_GROUPS) {
            return null;
        }
        groups.put(key, groups.size());
        return groups.size() - 1;
    }

    private void add(QueryResult r) {
        QueryFacts f = QueryFacts.of(r);
        double in = f.counted() ? f.llmPrompt() : f.llmPrompt() * inScale;
        double out = f.counted() ? f.llmAnswer() : f.llmAnswer() * outScale;
        double money = in * price.usdPerMillionInputTokens().doubleValue() + out * price.usdPerMillionOutputTokens().doubleValue();
        EnergyInputs energy = inputs.energy();
        double joules = energy == null ? 0 : energy.llm(in, out);
        double attemptJoules = energy == null ? 0 : energy.local(f.localSeconds());
        llmOnly += money;
        routed += f.localMicroUsd() + f.remoteMicroUsd();
        localJoules += attemptJoules;
        llmOnlyJoules += joules;
        remoteJoules += r.route() == Route.REMOTE ? joules : 0;
        if (f.failedLocalMicroUsd() > 0 || f.localSeconds() > 0 && !r.answeredLocally()) {
            failedAttempts++;
            failedMicroUsd += f.failedLocalMicroUsd();
            failedSeconds += f.localSeconds();
        }
        double[] sums = new double[SUMS];
        sums[N] = 1;
        sums[REPLACED] = r.replaced() ? 1 : 0;
        sums[TOKENS] = in + out;
        sums[TOKENS_REPLACED] = r.replaced() ? in + out : 0;
        sums[MONEY] = money;
        sums[MONEY_REPLACED] = (r.replaced() ? money : 0) - f.localMicroUsd();
        sums[JOULES] = joules;
        sums[JOULES_REPLACED] = (r.replaced() ? joules : 0) - attemptJoules;
        addTo(r.cluster(), group('a', "all"), sums);
        addTo(r.cluster(), group('s', r.suite()), sums);
        addTo(r.cluster(), group('w', f.workload()), sums);
        addTo(r.cluster(), group('k', r.suite() + " / " + r.category()), sums);
        compare(r, f, money);
    }

    private void addTo(String cluster, @Nullable Integer group, double[] sums) {
        if (group == null) {
            notShown++;
            return;
        }
        for (int i = 0; i < SUMS; i++) {
            if (sums[i] != 0) {
                totals.add(cluster, HEAD + group * SUMS + i, sums[i]);
            }
        }
    }

    /** Beside the LLM alone. */
    private void compare(QueryResult r, QueryFacts f, double money) {
        Boolean known = llmRight(info, inputs, r);
        // what is not known is taken to be right: that can only make the cascade look worse
        boolean llm = known == null || known;
        assumed += known == null ? 1 : 0;
        paired += r.route() != Route.REMOTE && known != null ? 1 : 0;
        onlyCascade += r.right() && !llm ? 1 : 0;
        onlyLlm += !r.right() && llm ? 1 : 0;
        QueryResult.Proposal proposal = r.local();
        boolean localRight = proposal != null && proposal.right();
        double strong = known == null ? llmShare : known ? 1 : 0;
        String c = r.cluster();
        totals.add(c, PAIRS, 1);
        totals.add(c, RIGHT, r.right() ? 1 : 0);
        totals.add(c, DIFFERENCE, (r.right() ? 1 : 0) - (llm ? 1 : 0));
        totals.add(c, LOCAL, r.answeredLocally() ? 1 : 0);
        totals.add(c, WEAK, localRight ? 1 : 0);
        if (!Double.isNaN(strong)) {
            totals.add(c, STRONG, strong);
            frontier.add(proposal == null ? null : f.probability(), localRight, strong, f.localMicroUsd(), money);
        }
        if (proposal != null && f.probability() != null) {
            double[] bin = bins[Math.min(BINS - 1, (int) (f.probability() * BINS))];
            bin[0]++;
            bin[1] += f.probability();
            bin[2] += localRight ? 1 : 0;
        }
        tasks.merge(r.task(), r.right(), Boolean::logicalAnd);
        if (known == null) {
            llmKnown = false;
        } else {
            llmTasks.merge(r.task(), known, Boolean::logicalAnd);
        }
    }

    private Statistics build() {
        double[] sums = totals.totals();
        double[][] samples = totals.resample(info.seed());
        int units = totals.units();
        boolean some = sums.length > PAIRS && sums[PAIRS] > 0;
        boolean strong = some && !Double.isNaN(llmShare);
        ToDoubleFunction<double[]> random = s -> {
            double local = at(s, LOCAL) / at(s, PAIRS);
            return local * at(s, WEAK) / at(s, PAIRS) + (1 - local) * at(s, STRONG) / at(s, PAIRS);
        };
        List<Shares> suites = shares('s', sums, samples, units);
        return new Statistics(
                shares('a', sums, samples, units).getFirst(),
                suites,
                shares('w', sums, samples, units),
                shares('k', sums, samples, units),
                notShown,
                some ? macro(suites.size(), sums, samples) : null,
                some
                        ? NonInferiority.of(sums, samples, units, DIFFERENCE, PAIRS, onlyCascade, onlyLlm, assumed, inputs.margin())
                        : null,
                basis(),
                strong ? Estimate.of(sums, samples, random) : null,
                strong ? Estimate.of(sums, samples, s -> at(s, RIGHT) / at(s, PAIRS) - random.applyAsDouble(s)) : null,
                frontier.summary(),
                reliability(),
                ece(),
                new Statistics.FailedLocal(
                        failedAttempts,
                        failedMicroUsd,
                        failedSeconds,
                        inputs.energy() == null ? null : Double.valueOf(inputs.energy().local(failedSeconds))),
                tasks(),
                inputs.energy() == null
                        ? null
                        : new Statistics.Energy(inputs.energy(), llmOnlyJoules, localJoules, remoteJoules));
    }

    private String basis() {
        SimulatedLlmBehaviour simulation = info.llm().simulation();
        if (simulation != null && simulation.wrongRate() == 0) {
            return "by construction: recorded gold answers stand in for the LLM, so it is right everywhere";
        }
        String source = inputs.llmAlone().source();
        String told = paired == 0 || source.isEmpty() ? "" : "its verdict on " + paired + " queries that it did not answer here is from "
                + source + "; ";
        return assumed == 0
                ? told + "its verdict is known on every query"
                : told + "its verdict is not known on " + assumed + " queries: in the test it is taken to be right there, and in the frontier and"
                        + " the random router to be right as often as on the others";
    }

    private static double at(double[] sums, int slot) {
        return slot < sums.length ? sums[slot] : 0;
    }

    private static double share(double[] sums, int part, int whole) {
        double all = at(sums, whole);
        return all > 0 ? at(sums, part) / all : Double.NaN;
    }

    private List<Shares> shares(char sort, double[] sums, double[][] samples, int units) {
        List<Shares> shares = new ArrayList<>();
        groups.forEach((name, group) -> {
            if (name.charAt(0) == sort) {
                int base = HEAD + group * SUMS;
                shares.add(new Shares(
                        name.substring(1),
                        Math.round(at(sums, base + N)),
                        Estimate.ofShare(sums, samples, units, s -> share(s, base + REPLACED, base + N)),
                        Estimate.ofShare(sums, samples, units, s -> share(s, base + TOKENS_REPLACED, base + TOKENS)),
                        Estimate.of(sums, samples, s -> share(s, base + MONEY_REPLACED, base + MONEY)),
                        inputs.energy() == null ? null : Estimate.of(sums, samples, s -> share(s, base + JOULES_REPLACED, base + JOULES))));
            }
        });
        return shares;
    }

    private Shares macro(int suites, double[] sums, double[][] samples) {
        List<Integer> bases = new ArrayList<>();
        groups.forEach((name, group) -> {
            if (name.charAt(0) == 's') {
                bases.add(HEAD + group * SUMS);
            }
        });
        return new Shares(
                "mean of " + suites + " suites",
                Math.round(at(sums, PAIRS)),
                Estimate.of(sums, samples, s -> mean(bases, s, REPLACED, N)),
                Estimate.of(sums, samples, s -> mean(bases, s, TOKENS_REPLACED, TOKENS)),
                Estimate.of(sums, samples, s -> mean(bases, s, MONEY_REPLACED, MONEY)),
                inputs.energy() == null ? null : Estimate.of(sums, samples, s -> mean(bases, s, JOULES_REPLACED, JOULES)));
    }

    /** Over the suites that a sample holds. */
    private static double mean(List<Integer> bases, double[] s, int part, int whole) {
        return bases.stream().mapToDouble(b -> share(s, b + part, b + whole)).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
    }

    private List<Statistics.Reliability> reliability() {
        List<Statistics.Reliability> list = new ArrayList<>();
        for (int i = 0; i < BINS; i++) {
            double[] b = bins[i];
            if (b[0] > 0) {
                list.add(new Statistics.Reliability((double) i / BINS, Math.round(b[0]), b[1] / b[0], b[2] / b[0]));
            }
        }
        return list;
    }

    private @Nullable Double ece() {
        double n = 0;
        double error = 0;
        for (double[] b : bins) {
            n += b[0];
            error += Math.abs(b[1] - b[2]);
        }
        return n == 0 ? null : error / n;
    }

    private Statistics.Tasks tasks() {
        long right = tasks.values().stream().filter(b -> b).count();
        long llmRight = llmTasks.values().stream().filter(b -> b).count();
        return new Statistics.Tasks(
                tasks.size(),
                right,
                right == 0 ? null : (double) routed / right,
                !llmKnown || llmRight == 0 ? null : llmOnly / llmRight);
    }
}
