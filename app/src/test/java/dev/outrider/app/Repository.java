package dev.outrider.app;

import java.nio.file.Path;
import java.util.Objects;

/** Where the repository is that is being tested; the build says so. */
final class Repository {

    private Repository() {}

    static Path root() {
        return Path.of(Objects.requireNonNull(
                System.getProperty("outrider.root"), "run this test with Maven, or set -Doutrider.root=<repository>"));
    }
}
