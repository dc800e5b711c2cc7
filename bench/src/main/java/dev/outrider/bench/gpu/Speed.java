package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

import dev.outrider.slm.cuda.CudaException;
import dev.outrider.slm.cuda.CudaOptions;
import dev.outrider.slm.cuda.GpuMeter;
import dev.outrider.slm.cuda.Gpus;
import dev.outrider.slm.cuda.MemoryInfo;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;

/** The figures of one model in one format: decoding, prompts, first token, memory, energy. */
final class Speed {

    private static final String NO_TIME = "no time left";

    /**
     * What the GPU can do at most, measured in the same run.
     *
     * @param bytesPerSecond of a copy, read and written bytes together
     * @param operationsPerSecond additions and multiplications of matrix products of bf16 numbers
     */
    record Ceilings(double bytesPerSecond, double operationsPerSecond) {}

    private final Shapes shapes;
    private final Shapes.Format format;
    private final Ceilings ceilings;
    private final BooleanSupplier inTime;
    private final ObjectNode result;
    private final MadeUpWeights backend;
    private final LanguageModel model;
    private final long before;

    private Speed(
            Shapes shapes,
            Shapes.Format format,
            Ceilings ceilings,
            BooleanSupplier inTime,
            ObjectNode result,
            MadeUpWeights backend,
            LanguageModel model,
            long before) {
        this.shapes = shapes;
        this.format = format;
        this.ceilings = ceilings;
        this.inTime = inTime;
        this.result = result;
        this.backend = backend;
        this.model = model;
        this.before = before;
    }

    /**
     * Measures one model.
     *
     * @param ceilings what the GPU can do at most, for the floors
     * @param inTime whether there is time for another row
     */
    static void measure(
            Shapes shapes,
            Shapes.Format format,
            Rows rows,
            Ceilings ceilings,
            Path directory,
            BooleanSupplier inTime,
            ObjectNode result)
            throws IOException {
        Path file = directory.resolve("shapes-" + shapes.name() + "-" + format + ".gguf");
        SyntheticModel.write(file, shapes, format, 7, false);
        long before = used();
        try (Gguf gguf = Gguf.open(file);
                MadeUpWeights backend =
                        new MadeUpWeights(Gpus.open(0, CudaOptions.standard().withPromptTerms(1)), 11)) {
            long start = System.nanoTime();
            LanguageModel model = Architectures.load(gguf, backend);
            Speed speed = new Speed(shapes, format, ceilings, inTime, result, backend, model, before);
            result.put("weightBytesPerToken", backend.weightBytes())
                    .put("makingSeconds", (System.nanoTime() - start) / 1e9);
            speed.prompts(rows.prompts());
            speed.firstToken(rows.preamble());
            speed.decode(rows.contexts(), rows.batches());
        } finally {
            Files.delete(file);
        }
    }

    /** Bytes of the GPU's memory that are in use, as NVIDIA's management library tells, or the driver where that is missing. */
    private static long used() {
        try (GpuMeter meter = GpuMeter.open(Gpus.find().gpus().getFirst().info().pciBusId()).orElse(null)) {
            OptionalLong used = meter == null ? OptionalLong.empty() : meter.usedBytes();
            return used.orElseGet(() -> {
                MemoryInfo memory = Gpus.memory(0);
                return memory.total() - memory.free();
            });
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** Bytes of recurrent state that a step reads, and writes, of one sequence. */
    private long stateBytes() {
        long recurrent = (long) shapes.inner() * shapes.stateSize();
        long convolution = (long) (shapes.kernel() - 1) * shapes.convolved();
        return shapes.count('M') * (recurrent + convolution) * Float.BYTES;
    }

    /** Bytes of keys and values of one token, as 16-bit floats. */
    private long cacheBytes() {
        return (long) shapes.count('*') * 2 * shapes.keyHeads() * shapes.attentionSize() * Short.BYTES;
    }

    private void prompts(List<Integer> lengths) {
        ArrayNode rows = result.putArray("prefill");
        double flop = 2.0 * (backend.weightBytes() / bytesPerWeight() - (double) shapes.vocabulary() * shapes.hidden());
        for (int length : lengths) {
            int[] tokens = tokens(length);
            double best = Double.POSITIVE_INFINITY;
            for (int round = 0; round < 3 && inTime.getAsBoolean(); round++) {
                SequenceState state = model.newState(length);
                backend.gpu().synchronize();
                long start = System.nanoTime();
                readAll(state, tokens, true);
                double took = seconds(start);
                best = round == 0 ? best : Math.min(best, took); // the first one warms up
                backend.releaseAll();
            }
            ObjectNode row = rows.addObject().put("tokens", length);
            if (Double.isFinite(best)) {
                row.put("ms", best * 1e3)
                        .put("tokensPerSecond", length / best)
                        .put("teraflops", flop * length / best / 1e12);
                double floor = Math.max(
                        flop * length / ceilings.operationsPerSecond(), backend.weightBytes() / ceilings.bytesPerSecond());
                row.put("floorMs", floor * 1e3).put("shareOfFloor", floor / best);
            } else {
                row.put("reason", NO_TIME);
            }
        }
    }

    private double bytesPerWeight() {
        long weights = 0;
        double bytes = backend.weightBytes();
        for (int i = 0; i < shapes.pattern().length(); i++) {
            weights += switch (shapes.pattern().charAt(i)) {
                case 'M' -> (long) shapes.hidden() * (shapes.projected() + shapes.inner());
                case '*' ->
                    (long) shapes.hidden() * shapes.attentionSize() * 2 * (shapes.queryHeads() + shapes.keyHeads());
                default -> 2L * shapes.hidden() * shapes.feedForward();
            };
        }
        return bytes / (weights + (long) shapes.vocabulary() * shapes.hidden());
    }

    private void readAll(SequenceState state, int[] tokens, boolean choose) {
        TokenChoice[] chosen = new TokenChoice[1];
        int chunk = model.largestStep();
        for (int from = 0; from < tokens.length; from += chunk) {
            int count = Math.min(chunk, tokens.length - from);
            boolean last = choose && from + count == tokens.length;
            model.step(
                    List.of(new SequenceStep(state, tokens, from, count, last ? ChoiceRequest.GREEDY : null)), chosen);
        }
        backend.gpu().synchronize();
    }

    private int[] tokens(int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (int) (i * 37L % shapes.vocabulary());
        }
        return tokens;
    }

    /** From a kept snapshot of a preamble to the first token of the answer to 32 more tokens. */
    private void firstToken(int length) {
        ObjectNode row = result.putObject("firstTokenWithCachedPreamble");
        if (!inTime.getAsBoolean()) {
            row.put("reason", NO_TIME);
            return;
        }
        int[] preamble = tokens(length);
        SequenceState state = model.newState(preamble.length);
        readAll(state, preamble, false);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment snapshot = arena.allocate(model.stateBytes(preamble.length), 64);
            model.save(state, snapshot);
            double best = Double.POSITIVE_INFINITY;
            for (int round = 0; round < 4; round++) {
                long start = System.nanoTime();
                SequenceState next = model.newState(preamble.length + 64);
                model.restore(next, preamble.length, snapshot);
                readAll(next, tokens(32), true);
                best = Math.min(best, seconds(start));
            }
            row.put("preambleTokens", preamble.length)
                    .put("snapshotBytes", snapshot.byteSize())
                    .put("ms", best * 1e3)
                    .put("floorMs", backend.weightBytes() / ceilings.bytesPerSecond() * 1e3)
                    .put("shareOfFloor", backend.weightBytes() / ceilings.bytesPerSecond() / best);
        }
        backend.releaseAll();
    }

    private void decode(List<Integer> contexts, List<Integer> batches) {
        ArrayNode rows = result.putArray("decode");
        for (int context : contexts) {
            for (int batch : batches) {
                ObjectNode row = rows.addObject().put("context", context).put("batch", batch);
                if (!inTime.getAsBoolean()) {
                    row.put("reason", NO_TIME);
                    continue;
                }
                try {
                    decode(row, context, batch);
                } catch (CudaException e) {
                    row.put("reason", e.getMessage());
                    if (e.deviceLost()) {
                        throw e;
                    }
                }
                backend.releaseAll();
            }
        }
    }

    private void decode(ObjectNode row, int context, int batch) {
        List<SequenceState> states = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            states.add(model.newState(context + 4096));
        }
        backend.imitate(context);
        row.put("allocatedBytes", backend.gpu().allocated())
                .put("usedBytes", used() - before)
                .put("worksheetBytes", backend.weightBytes() + (long) batch * (stateBytes() + context * cacheBytes()));
        int[][] tokens = new int[batch][1];
        for (int i = 0; i < 4; i++) {
            step(states, tokens);
        }
        int steps = 0;
        double wanted = 0.4;
        try (GpuMeter meter = GpuMeter.open(backend.gpu().gpu().pciBusId()).orElse(null)) {
            OptionalDouble joulesBefore = meter == null ? OptionalDouble.empty() : meter.joules();
            long start = System.nanoTime();
            do {
                step(states, tokens);
                steps++;
            } while (steps < 3 || (seconds(start) < wanted && steps < 2000));
            double took = seconds(start);
            double floor = (backend.weightBytes() + (double) batch * (2 * stateBytes() + context * cacheBytes())) / ceilings.bytesPerSecond();
            row.put("msPerStep", took / steps * 1e3)
                    .put("msPerToken", took / steps / batch * 1e3)
                    .put("tokensPerSecond", steps * batch / took)
                    .put("floorMsPerStep", floor * 1e3)
                    .put("shareOfFloor", floor / (took / steps));
            if (meter != null && joulesBefore.isPresent() && meter.joules().isPresent()) {
                row.put("joulesPerToken", (meter.joules().getAsDouble() - joulesBefore.getAsDouble()) / (steps * batch));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "decode  %s %s  context %6d  batch %2d  %8.3f ms a step, %3.0f %% of the floor%n",
                shapes.name(),
                format,
                context,
                batch,
                row.get("msPerStep").asDouble(),
                100 * row.get("shareOfFloor").asDouble());
    }

    private void step(List<SequenceState> states, int[][] tokens) {
        List<SequenceStep> parts = new ArrayList<>(states.size());
        for (int i = 0; i < states.size(); i++) {
            parts.add(new SequenceStep(states.get(i), tokens[i], 0, 1, ChoiceRequest.GREEDY));
        }
        TokenChoice[] chosen = new TokenChoice[states.size()];
        model.step(parts, chosen);
        for (int i = 0; i < tokens.length; i++) {
            tokens[i][0] = chosen[i].token();
        }
    }
}
