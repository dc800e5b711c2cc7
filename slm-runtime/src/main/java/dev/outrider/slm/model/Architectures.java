package dev.outrider.slm.model;

import java.util.List;

import dev.outrider.slm.gguf.Gguf;

/** The architectures that the engine runs. */
public final class Architectures {

    private static final List<String> SUPPORTED = List.of(NemotronH.ARCHITECTURE);

    private Architectures() {}

    /**
     * Loads the model that a file holds.
     *
     * @throws dev.outrider.slm.gguf.GgufException if the architecture is unknown, or a key or tensor is missing or does not fit
     */
    public static LanguageModel load(Gguf gguf, Backend backend) {
        String key = "general.architecture";
        String architecture = gguf.metadata().string(key);
        return switch (architecture) {
            case NemotronH.ARCHITECTURE -> new NemotronH(gguf, backend);
            default -> throw gguf.metadata().error(key, "the architecture '" + architecture
                    + "' is not supported (supported: " + String.join(", ", SUPPORTED) + ")");
        };
    }
}
