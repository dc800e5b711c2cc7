package dev.outrider.slm;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a loaded model is.
 *
 * @param path the file it was loaded from
 * @param name {@code general.name}, or the file's name
 * @param architecture {@code general.architecture}
 * @param parameters number of weights over all tensors
 * @param fileBytes size of the file
 * @param tensorTypes number of tensors by storage type, for example {@code {F32=35, Q8_0=17}}
 * @param pattern one letter per layer: {@code M} Mamba-2, {@code *} attention, {@code -} MLP
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
        double loadSeconds) {}
