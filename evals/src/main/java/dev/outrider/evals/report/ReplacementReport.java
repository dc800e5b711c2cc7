package dev.outrider.evals.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.stats.ClusterBootstrap;
import dev.outrider.evals.stats.Interval;

/**
 * How many LLM queries the SLM replaced, at what quality and for what money.
 *
 * <p>The <em>replacement rate</em> is the share of queries answered locally <em>and right</em>, over all queries that an LLM-only agent
 * would have sent. A wrong local answer is a loss, not a replacement. The rate means nothing alone: local share, local accuracy, end
 * accuracy, both ends (all local, all LLM) and the money, failed local attempts included, stand beside it. Queries whose gold answer is
 * flagged as faulty stay out of all figures and are counted.
 *
 * @param info the circumstances
 * @param run every query
 * @param headline the queries that the figures are about: those without flags
 * @param total their counts
 * @param escalated queries the LLM answered, by reason
 * @param unanswered queries nobody answered, by reason
 * @param answeredOverBudget local answers that were taken below the threshold because the money was spent
 * @param replacementRateCi 95 % interval of the replacement rate, clustered by task; null without queries
 * @param localAccuracyCi the same of the local accuracy
 * @param endAccuracyCi the same of the end accuracy
 * @param calls queries whose right answer calls a tool
 * @param noCalls queries whose right answer calls none
 * @param suites counts by suite
 * @param categories counts by suite and category
 * @param tasks counts by task
 * @param allLlmAccuracy accuracy if the LLM answered everything; null when no answer of it is known
 * @param allLlmBasis where that figure comes from
 * @param cost money
 * @param latency seconds
 * @param confidence whether the SLM knows when it is right
 * @param statistics shares by tokens, money and joules, comparisons with the LLM alone, and what other thresholds would have given
 */
public record ReplacementReport(
        RunInfo info,
        EvalRun run,
        List<QueryResult> headline,
        Tally total,
        Map<String, Integer> escalated,
        Map<String, Integer> unanswered,
        int answeredOverBudget,
        @Nullable Interval replacementRateCi,
        @Nullable Interval localAccuracyCi,
        @Nullable Interval endAccuracyCi,
        Tally calls,
        Tally noCalls,
        List<Tally> suites,
        List<Tally> categories,
        List<Tally> tasks,
        @Nullable Double allLlmAccuracy,
        String allLlmBasis,
        Cost cost,
        Latency latency,
        List<ConfidenceBin> confidence,
        Statistics statistics) {

    /** Computes the report of a run. */
    public static ReplacementReport of(RunInfo info, EvalRun run) {
        return of(info, run, ReportInputs.DEFAULT);
    }

    /** Computes the report of a run with what is known from outside. */
    public static ReplacementReport of(RunInfo info, EvalRun run, ReportInputs inputs) {
        List<QueryResult> headline = run.results().stream().filter(r -> r.flags().isEmpty()).toList();
        Tally total = Tally.of("all", headline);
        SimulatedLlmBehaviour simulation = info.llm().simulation();
        boolean perfect = simulation != null && simulation.wrongRate() == 0;
        Double allLlm = perfect ? Double.valueOf(1)
                : total.escalated() == 0 ? null : Double.valueOf((double) total.escalatedRight() / total.escalated());
        return new ReplacementReport(
                info,
                run,
                headline,
                total,
                reasons(headline, Route.REMOTE::equals),
                reasons(headline, r -> r != Route.REMOTE && r != Route.LOCAL),
                (int) headline.stream().filter(r -> r.answeredLocally() && r.reason() != null).count(),
                interval(info, headline, r -> true, QueryResult::replaced),
                interval(info, headline, QueryResult::answeredLocally, QueryResult::right),
                interval(info, headline, r -> true, QueryResult::right),
                Tally.of("call", headline.stream().filter(QueryResult::expectsCall).toList()),
                Tally.of("no call", headline.stream().filter(r -> !r.expectsCall()).toList()),
                tallies(headline, QueryResult::suite),
                tallies(headline, r -> r.suite() + " / " + r.category()),
                tallies(headline, QueryResult::task),
                allLlm,
                perfect ? "by construction: recorded gold answers stand in for the LLM"
                        : "measured on the escalated queries only, which are the harder ones",
                Cost.of(headline, info.policy().models().remote().getFirst()),
                Latency.of(headline),
                ConfidenceBin.of(headline),
                StatisticsBuilder.of(info, inputs, headline::stream));
    }

    /** Queries that are in no figure because their gold answer is flagged as faulty. */
    public int flagged() {
        return run.results().size() - headline.size();
    }

    /** Independent units: clusters of tasks. */
    public long clusters() {
        return headline.stream().map(QueryResult::cluster).distinct().count();
    }

    /** The mean of the suites' replacement rates: one large suite does not drown the others. */
    public @Nullable Double macroReplacementRate() {
        return suites.isEmpty()
                ? null
                : suites.stream().mapToDouble(t -> t.queries() == 0 ? 0 : (double) t.answeredLocallyRight() / t.queries())
                        .average().orElse(0);
    }

    /** The interval of a tally's replacement rate, for example of one suite. */
    public @Nullable Interval replacementRateCi(Predicate<QueryResult> of) {
        return interval(info, headline, of, QueryResult::replaced);
    }

    private static Map<String, Integer> reasons(List<QueryResult> results, Predicate<Route> routes) {
        Map<String, Integer> counts = new TreeMap<>();
        for (QueryResult r : results) {
            if (routes.test(r.route())) {
                String reason = r.reason();
                counts.merge(reason == null ? "NO_CASCADE" : reason, 1, Integer::sum);
            }
        }
        return counts;
    }

    private static List<Tally> tallies(List<QueryResult> results, Function<QueryResult, String> by) {
        return results.stream().collect(Collectors.groupingBy(by, LinkedHashMap::new, Collectors.toList())).entrySet().stream()
                .map(e -> Tally.of(e.getKey(), e.getValue()))
                .toList();
    }

    private static @Nullable Interval interval(
            RunInfo info, List<QueryResult> results, Predicate<QueryResult> of, Predicate<QueryResult> hit) {
        Map<String, int[]> clusters = new LinkedHashMap<>();
        for (QueryResult r : results) {
            if (of.test(r)) {
                int[] counts = clusters.computeIfAbsent(r.cluster(), k -> new int[2]);
                counts[0] += hit.test(r) ? 1 : 0;
                counts[1]++;
            }
        }
        List<ClusterBootstrap.Cluster> list = new ArrayList<>();
        clusters.values().forEach(c -> list.add(new ClusterBootstrap.Cluster(c[0], c[1])));
        return list.isEmpty() ? null : new ClusterBootstrap(info.seed()).interval95(list);
    }
}
