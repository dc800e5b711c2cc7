package dev.outrider.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.router.Policy;

/** {@code --policy}, shared by every command that decides. */
final class PolicyOption {

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "How to decide: thresholds, rules, prices, budget (YAML). Default: the built-in policy.")
    private @Nullable Path file;

    Policy load() {
        return file == null ? Policy.defaults() : Policy.load(file);
    }
}
