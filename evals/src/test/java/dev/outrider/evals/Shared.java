package dev.outrider.evals;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The third-party suites, which lie in {@code shared/} beside the checkout where they exist at all. */
public final class Shared {

    private Shared() {}

    /** The folder; the calling test is skipped, with the reason, where there is none. */
    public static Path devSuites() {
        Path found = find();
        assumeTrue(found != null, "no shared/evals/dev beside this checkout: third-party suites are not tested");
        return found == null ? Path.of(".") : found;
    }

    private static @Nullable Path find() {
        String root = System.getProperty("outrider.root", ".");
        for (Path at = Path.of(root).toAbsolutePath().normalize(); at != null; at = at.getParent()) {
            Path dev = at.resolve("shared/evals/dev");
            if (Files.isDirectory(dev)) {
                return dev;
            }
        }
        return null;
    }
}
