package dev.outrider.slm.model;

import java.util.List;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufException;

/** The architectures that the engine runs. */
public final class Architectures {

    private static final String KEY = "general.architecture";

    private static final List<String> SUPPORTED = List.of(NemotronH.ARCHITECTURE, Llama.ARCHITECTURE);

    private Architectures() {}

    /**
     * Loads the model that a file holds.
     *
     * @throws dev.outrider.slm.gguf.GgufException if the architecture is unknown, or a key or tensor is missing or does not fit
     */
    public static LanguageModel load(Gguf gguf, Backend backend) {
        return switch (name(gguf)) {
            case NemotronH.ARCHITECTURE -> NemotronH.load(gguf, backend);
            case Llama.ARCHITECTURE -> Llama.load(gguf, backend);
            default -> throw unknown(gguf);
        };
    }

    /**
     * The sizes of the model that a file holds.
     *
     * @throws dev.outrider.slm.gguf.GgufException if the architecture is unknown, or a key is missing or impossible
     */
    public static HybridConfig config(Gguf gguf) {
        return switch (name(gguf)) {
            case NemotronH.ARCHITECTURE -> HybridConfig.from(gguf);
            case Llama.ARCHITECTURE -> Llama.config(gguf);
            default -> throw unknown(gguf);
        };
    }

    private static String name(Gguf gguf) {
        return gguf.metadata().string(KEY);
    }

    private static GgufException unknown(Gguf gguf) {
        return gguf.metadata()
                .error(KEY, "the architecture '" + name(gguf) + "' is not supported (supported: " + String.join(", ", SUPPORTED) + ")");
    }
}
