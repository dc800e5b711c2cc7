package dev.outrider.bench.gpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the libraries of llama.cpp are; tests that need them are skipped where they are not. */
final class LlamaLibraries {

    private LlamaLibraries() {}

    static Path needed() {
        String folder = System.getProperty("outrider.llama", System.getenv("LLAMA_LIB_DIR"));
        assumeTrue(
                folder != null && Files.isDirectory(Path.of(folder)),
                "needs llama.cpp v0.5.0, its folder named by LLAMA_LIB_DIR or -Doutrider.llama");
        return Path.of(folder);
    }
}
