package dev.outrider.app;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.evals.run.MoneyLimit;

/** How a run is run: how much at a time, for how much money, and from where. */
final class RunOptions {

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "Queries that run at the same time. It changes no result. Default: ${DEFAULT-VALUE}.")
    private int concurrency = 4;

    @Option(
            names = "--max-usd",
            paramLabel = "USD",
            description = "The most that the run may spend, all its starts together; machine time of the small model counts. Where it"
                    + " does not cover the next query, the run ends with a partial report.")
    private @Nullable BigDecimal maxUsd;

    @Option(
            names = "--stop-after-failures",
            paramLabel = "N",
            description = "End the run when the LLM failed so many times in a row; these queries are run by the next start. 0 goes on,"
                    + " and every failure counts as not answered. Default: ${DEFAULT-VALUE}.")
    private int failures = 20;

    @Option(names = "--fresh", description = "Throw away what an earlier run left in the directory of --out.")
    private boolean fresh;

    int concurrency() {
        if (concurrency < 1 || concurrency > 256) {
            throw CliException.badInput("--concurrency must be between 1 and 256 but is " + concurrency);
        }
        return concurrency;
    }

    /** Failures of the LLM in a row that end the run; 0 for none. */
    int failuresToStop() {
        if (failures < 0) {
            throw CliException.badInput("--stop-after-failures must not be negative but is " + failures);
        }
        return failures;
    }

    /** The money limit; null for none. */
    @Nullable MoneyLimit limit() {
        return maxUsd == null ? null : MoneyLimit.ofUsd(maxUsd);
    }

    boolean fresh() {
        return fresh;
    }
}
