package dev.outrider.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.router.policy.PolicyInForce;

/** {@code --policy}, shared by every command that decides. */
final class PolicyOption {

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "How to decide: workloads, risks, prices, budgets (YAML). Default: the built-in policy.")
    private @Nullable Path file;

    /** The policy with what it names. */
    PolicyInForce load() {
        return file == null ? PolicyInForce.defaults() : PolicyInForce.load(file);
    }

    /** The policy, taken up anew when its file changes. The caller closes it. */
    WatchedPolicy watch() {
        return WatchedPolicy.of(file);
    }
}
