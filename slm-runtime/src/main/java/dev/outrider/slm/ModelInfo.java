package dev.outrider.slm;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.model.LanguageModel;

/**
 * What a loaded model is.
 *
 * @param path the file it was loaded from
 * @param name {@code general.name}, or the file's name
 * @param architecture {@code general.architecture}
 * @param parameters number of weights over all tensors
 * @param fileBytes size of the file
 * @param tensorTypes number of tensors by storage type, for example {@code {F32=35, Q8_0=17}}
 * @param pattern one letter per layer: {@code M} Mamba-2, {@code *} attention, {@code -} MLP, {@code +} gated MLP
 * @param layers number of layers
 * @param hidden width of the residual stream
 * @param contextLength most positions of one sequence
 * @param vocabularySize number of tokens
 * @param licence {@code general.license}, if the file names one
 * @param chatFormat {@code outrider.chat_format}, if the file names one
 * @param loadSeconds wall-clock seconds that loading took
 */
public record ModelInfo(
        Path path,
        String name,
        String architecture,
        long parameters,
        long fileBytes,
        Map<String, Integer> tensorTypes,
        String pattern,
        int layers,
        int hidden,
        int contextLength,
        int vocabularySize,
        @Nullable String licence,
        @Nullable String chatFormat,
        double loadSeconds) {

    static ModelInfo of(Gguf gguf, LanguageModel model, double loadSeconds) {
        Map<String, Integer> types = new TreeMap<>();
        long parameters = 0;
        for (GgufTensor tensor : gguf.tensors().values()) {
            types.merge(tensor.type().name(), 1, Integer::sum);
            parameters += tensor.size();
        }
        GgufMetadata metadata = gguf.metadata();
        return new ModelInfo(
                gguf.path(),
                metadata.findString("general.name").orElse(String.valueOf(gguf.path().getFileName())),
                metadata.string("general.architecture"),
                parameters,
                gguf.fileBytes(),
                Map.copyOf(types),
                model.pattern(),
                model.pattern().length(),
                model.hidden(),
                model.contextLength(),
                model.vocabularySize(),
                metadata.findString("general.license").orElse(null),
                metadata.findString("outrider.chat_format").orElse(null),
                loadSeconds);
    }
}
