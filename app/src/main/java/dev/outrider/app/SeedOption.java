package dev.outrider.app;

import picocli.CommandLine.Option;

/** {@code --seed}, shared by every command that draws by chance. */
final class SeedOption {

    @Option(names = "--seed", paramLabel = "S", description = "Seed of everything drawn by chance. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    long value() {
        return seed;
    }
}
