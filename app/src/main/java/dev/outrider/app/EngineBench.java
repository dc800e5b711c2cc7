package dev.outrider.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;

import dev.outrider.slm.Generation;
import dev.outrider.slm.GenerationOptions;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.state.Boundaries;

/** Measures an engine; the text means nothing, its length does. */
final class EngineBench {

    /** Tokens behind a preamble: a short question. */
    private static final int QUESTION = 16;

    private final SlmEngine engine;
    private final BooleanSupplier cancelled;

    EngineBench(SlmEngine engine, BooleanSupplier cancelled) {
        this.engine = engine;
        this.cancelled = cancelled;
    }

    private int[] text(int tokens, int variant) {
        int[] text = new int[tokens];
        for (int i = 0; i < tokens; i++) {
            text[i] = (i * 37 + variant * 11) % engine.info().vocabularySize();
        }
        return text;
    }

    private GenerationOptions.Builder options(int tokens) {
        return GenerationOptions.builder().maxTokens(tokens).stopTokens(Set.of()).cancelled(cancelled);
    }

    private Generation generate(int[] prompt, GenerationOptions options) {
        Generation generation = engine.generate(prompt, options);
        if (generation.finish() == Generation.Finish.CANCELLED) {
            throw CliException.failed("interrupted");
        }
        return generation;
    }

    /** One generation with nothing else running; its first token comes of the prompt, each later one costs a pass. */
    Generation solo(int prefill, int decode) {
        return generate(text(prefill, 0), options(decode + 1).build());
    }

    /** Median seconds of a token behind so many others. */
    double tokenAt(int position, int decode) {
        return median(solo(position, decode).tokens().stream()
                .skip(1)
                .mapToDouble(token -> token.seconds())
                .toArray());
    }

    /** Bytes of this process that lie in memory now, mapped weights included; 0 where the system does not say so in /proc. */
    static long residentBytes() {
        return memory("VmRSS:");
    }

    /** The most that {@link #residentBytes} has been since the process began. */
    static long peakResidentBytes() {
        return memory("VmHWM:");
    }

    private static long memory(String name) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /**
     * Tokens per second over all of so many generations, while all of them write.
     *
     * @param decode tokens that each writes; at least 2
     */
    double batch(int sequences, int decode) {
        List<List<Long>> times = new ArrayList<>();
        List<Future<Generation>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < sequences; i++) {
                List<Long> mine = new ArrayList<>();
                times.add(mine);
                int[] prompt = text(8, i);
                GenerationOptions options = options(decode + 2 * sequences)
                        .listener(token -> mine.add(System.nanoTime()))
                        .build();
                all.add(threads.submit(() -> generate(prompt, options)));
            }
            for (Future<Generation> each : all) {
                each.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.failed("interrupted");
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw CliException.failed(String.valueOf(cause == null ? e : cause.getMessage()));
        }
        long from = times.stream().mapToLong(List::getFirst).max().orElseThrow();
        long to = times.stream().mapToLong(List::getLast).min().orElseThrow();
        long tokens = times.stream()
                .flatMap(List::stream)
                .filter(time -> time > from && time <= to)
                .count();
        return tokens / ((to - from) / 1e9);
    }

    /** Seconds to the first token behind a preamble that is read for the first time. */
    double firstTokenCold(int preamble, int variant) {
        return generate(prompt(preamble, variant), options(1).build()).prefillSeconds();
    }

    /** Seconds to the first token behind a preamble that was read before with another question. */
    double firstTokenCached(int preamble, int variant) {
        Generation generation = generate(
                prompt(preamble, variant), options(1).reuse(new Boundaries(preamble, 0)).build());
        if (generation.reusedTokens() == 0) {
            generation = generate(
                    prompt(preamble, variant + 1), options(1).reuse(new Boundaries(preamble, 0)).build());
        }
        if (generation.reusedTokens() != preamble) {
            throw CliException.failed("the state of " + preamble + " tokens does not fit the memory for snapshots");
        }
        return generation.prefillSeconds();
    }

    private int[] prompt(int preamble, int variant) {
        int[] prompt = Arrays.copyOf(text(preamble, 0), preamble + QUESTION);
        System.arraycopy(text(QUESTION, variant + 1), 0, prompt, preamble, QUESTION);
        return prompt;
    }

    /** Positions that a prompt with a preamble and its first token take. */
    static int positions(int preamble) {
        return preamble + QUESTION + 1;
    }

    /** The value in the middle. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
