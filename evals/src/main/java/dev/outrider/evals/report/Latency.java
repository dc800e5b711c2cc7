package dev.outrider.evals.report;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.stats.Quantiles;

/**
 * Wall-clock seconds: the middle and the slow end.
 *
 * @param local the SLM's attempts, taken or not
 * @param remote the LLM's answers
 * @param query whole queries
 */
public record Latency(@Nullable Spread local, @Nullable Spread remote, @Nullable Spread query) {

    /**
     * Quantiles.
     *
     * @param n how many
     * @param p50 median, seconds
     * @param p95 95th percentile, seconds
     */
    public record Spread(int n, double p50, double p95) {

        static @Nullable Spread of(Stream<Double> seconds) {
            double[] all = seconds.mapToDouble(Double::doubleValue).toArray();
            return all.length == 0
                    ? null
                    : new Spread(
                            all.length,
                            Quantiles.of(java.util.Arrays.stream(all), 0.5).orElseThrow(),
                            Quantiles.of(java.util.Arrays.stream(all), 0.95).orElseThrow());
        }
    }

    static Latency of(List<QueryResult> results) {
        return new Latency(
                Spread.of(results.stream().map(r -> r.books().localSeconds()).filter(Objects::nonNull)),
                Spread.of(results.stream().map(r -> r.books().remoteSeconds()).filter(Objects::nonNull)),
                Spread.of(results.stream().filter(r -> r.route() != Route.NOT_REACHED).map(QueryResult::seconds)));
    }
}
