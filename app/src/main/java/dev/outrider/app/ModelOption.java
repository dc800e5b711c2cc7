package dev.outrider.app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.slm.Device;
import dev.outrider.slm.EngineSettings;
import dev.outrider.slm.SlmEngine;

/** {@code --model}, {@code --device} and {@code --threads}, shared by every command that runs the small model. */
final class ModelOption {

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "The small model, a GGUF file of architecture nemotron_h or llama. Default: the embedded model.")
    private @Nullable Path file;

    @Option(
            names = "--device",
            paramLabel = "D",
            description = "Where it runs: cpu, cuda, cuda:1 for the second GPU, or auto, which takes a GPU when there is one that fits."
                    + " Default: ${DEFAULT-VALUE}.")
    private String device = "auto";

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads to compute with on the processor. Default: one per core.")
    private int threads = Runtime.getRuntime().availableProcessors();

    /** Whether a file was named. */
    boolean named() {
        return file != null;
    }

    int threads() {
        return threads;
    }

    /** Loads the model. The caller closes it. */
    SlmEngine load() {
        return load(EngineSettings.defaults().maxRunning());
    }

    /** Loads the model for so many generations at once. The caller closes it. */
    SlmEngine load(int running) {
        if (threads < 1) {
            throw CliException.badInput("--threads must be at least 1 but is " + threads);
        }
        VectorModule.load();
        EngineSettings settings = EngineSettings.builder()
                .device(Device.of(device, threads))
                .threads(threads)
                .maxRunning(running)
                .build();
        if (file == null) {
            return SlmEngine.embedded(settings);
        }
        if (!Files.exists(file)) {
            throw CliException.badInput("there is no model file " + file + "; give a GGUF file, or leave out --model for the"
                    + " embedded model");
        }
        return SlmEngine.load(file, settings);
    }
}
