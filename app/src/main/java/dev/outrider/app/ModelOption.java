package dev.outrider.app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

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
