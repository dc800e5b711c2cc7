package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

import dev.outrider.bench.gpu.Llama.LlamaException;
import dev.outrider.slm.cuda.GpuMeter;

/**
 * Measures llama.cpp with one model, in a process of its own: it writes a line of JSON for every job as soon as it is done, so that what was found
 * stays when llama.cpp ends the process, as it does when memory runs out within a step.
 */
public final class PeerProcess {

    /** Tokens that are read before a longer past is made of them. */
    private static final int SEED = 512;

    private static final int QUESTION = 32;
    private static final int MOST_STEPS = 400;
    private static final double SECONDS_PER_ROW = 0.4;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Llama llama;
    private final MemorySegment model;
    private final int vocabulary;
    private final int threads;
    private final long deadline;
    private final @Nullable GpuMeter meter;
    private final OptionalLong usedBefore;

    private PeerProcess(Path library, Path file, @Nullable GpuMeter meter, boolean processor, long deadline) {
        this.meter = meter;
        this.deadline = deadline;
        usedBefore = meter == null ? OptionalLong.empty() : meter.usedBytes();
        // on a GPU little is left to the processor; there more threads only wait
        threads = Math.min(Runtime.getRuntime().availableProcessors(), processor ? 64 : 4);
        llama = Llama.open(library);
        model = llama.model(file, !processor);
        vocabulary = llama.vocabulary(model);
    }

    /**
     * Arguments: folder of the libraries, model file, PCI address of the GPU (empty: on the processor), seconds, jobs.
     */
    public static void main(String... arguments) {
        long deadline = System.nanoTime() + Long.parseLong(arguments[3]) * 1_000_000_000L;
        boolean processor = arguments[2].isEmpty();
        long start = System.nanoTime();
        try (GpuMeter meter = processor ? null : GpuMeter.open(arguments[2]).orElse(null)) {
            PeerProcess process =
                    new PeerProcess(Path.of(arguments[0]), Path.of(arguments[1]), meter, processor, deadline);
            say(JSON.createObjectNode()
                    .put("version", Llama.VERSION)
                    .put("backends", process.llama.backends())
                    .put("threads", process.threads)
                    .put("loadSeconds", (System.nanoTime() - start) / 1e9));
            for (int i = 4; i < arguments.length; i++) {
                process.run(PeerJob.parse(arguments[i]));
            }
        } catch (LlamaException e) {
            say(JSON.createObjectNode().put("reason", e.getMessage()));
        }
        System.out.flush();
        // llama.cpp's libraries are not meant to be taken down in order
        Runtime.getRuntime().halt(0);
    }

    private static void say(ObjectNode line) {
        System.out.println(line);
        System.out.flush();
    }

    private boolean inTime(double needed) {
        return deadline - System.nanoTime() > needed * 1e9;
    }

    private void run(PeerJob job) {
        ObjectNode line = JSON.createObjectNode().put("job", job.toString());
        if (!inTime(3)) {
            say(line.put("reason", "no time left"));
            return;
        }
        try {
            switch (job.kind()) {
                case PROMPT -> prompt(job.tokens(), line);
                case FIRST -> first(job.tokens(), line);
                case DECODE -> decode(job.tokens(), job.batch(), line);
            }
        } catch (LlamaException e) {
            line.put("reason", e.getMessage());
        }
        say(line);
    }

    private LlamaContext context(int sequences, int positions, int batch, int piece) {
        int whole = Math.ceilDiv(positions, 256) * 256;
        return new LlamaContext(
                llama, model, new LlamaContext.Size(sequences, whole, batch, Math.min(piece, batch), threads, false));
    }

    private int[] tokens(int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (int) (i * 37L % vocabulary);
        }
        return tokens;
    }

    /** With pieces of 512 tokens, the default, and of 2048; the faster one counts. */
    private void prompt(int length, ObjectNode line) {
        int[] tokens = tokens(length);
        double best = Double.POSITIVE_INFINITY;
        for (int piece : length > 512 ? new int[] {512, 2048} : new int[] {512}) {
            if (Double.isFinite(best) && !inTime(3 * best + 3)) {
                break;
            }
            try (LlamaContext context = context(1, length + 1, length, piece)) {
                for (int round = 0; round < 3; round++) {
                    context.clear();
                    context.await();
                    long start = System.nanoTime();
                    context.read(0, tokens, 0);
                    context.await();
                    double took = (System.nanoTime() - start) / 1e9;
                    if (round > 0 && took < best) { // the first one warms up
                        best = took;
                        line.put("piece", piece);
                    }
                }
            } catch (LlamaException e) {
                if (Double.isInfinite(best)) {
                    throw e;
                }
                line.put("pieceReason", e.getMessage());
            }
        }
        line.put("ms", best * 1e3).put("tokensPerSecond", length / best);
    }

    /** From a state kept in the processor's memory, and from a sequence kept beside; the faster one counts. */
    private void first(int preamble, ObjectNode line) {
        double[] best = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        try (LlamaContext context = context(2, preamble + QUESTION, Math.max(preamble, QUESTION), 512);
                Arena arena = Arena.ofConfined()) {
            context.read(0, tokens(preamble), 0);
            MemorySegment state = context.save(0, arena);
            int[] question = tokens(QUESTION);
            for (int round = 0; round < 8; round++) {
                context.remove(1);
                context.await();
                long start = System.nanoTime();
                if (round % 2 == 0) {
                    context.restore(1, state);
                } else {
                    context.copy(0, 1);
                }
                context.read(1, question, preamble);
                context.await();
                best[round % 2] = Math.min(best[round % 2], (System.nanoTime() - start) / 1e6);
            }
            line.put("ms", Math.min(best[0], best[1]))
                    .put("msFromState", best[0])
                    .put("msFromSequence", best[1])
                    .put("preambleTokens", preamble)
                    .put("stateBytes", state.byteSize());
        }
    }

    private void decode(int context, int batch, ObjectNode line) {
        try (LlamaContext sequences = context(batch, context + MOST_STEPS + 8, Math.max(SEED, batch), SEED)) {
            fill(sequences, context, batch);
            int[] next = tokens(batch);
            int position = context;
            for (int i = 0; i < 4; i++) {
                sequences.step(next, position++);
                sequences.await();
            }
            if (meter != null && usedBefore.isPresent()) {
                meter.usedBytes().ifPresent(now -> line.put("usedBytes", now - usedBefore.getAsLong()));
            }
            OptionalDouble before = joules();
            List<Double> times = new ArrayList<>();
            long start = System.nanoTime();
            double took;
            do {
                long one = System.nanoTime();
                sequences.step(next, position++);
                sequences.await();
                times.add((System.nanoTime() - one) / 1e6);
                took = (System.nanoTime() - start) / 1e9;
            } while (times.size() < 3 || (took < SECONDS_PER_ROW && times.size() < MOST_STEPS));
            int steps = times.size();
            double[] sorted = times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            line.put("msPerStep", took / steps * 1e3)
                    .put("msMedian", sorted[steps / 2])
                    .put("tokensPerSecond", steps * batch / took)
                    .put("steps", steps);
            OptionalDouble after = joules();
            if (before.isPresent() && after.isPresent()) {
                line.put("joulesPerToken", (after.getAsDouble() - before.getAsDouble()) / (steps * batch));
            }
        }
    }

    private OptionalDouble joules() {
        return meter == null ? OptionalDouble.empty() : meter.joules();
    }

    /** Every sequence gets the same past, and memory of its own for it. */
    private void fill(LlamaContext sequences, int context, int batch) {
        sequences.read(0, tokens(Math.min(context, SEED)), 0);
        if (context > SEED) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment past = LongPast.of(sequences.save(0, arena), context, arena);
                sequences.clear();
                sequences.restore(0, past);
            }
        }
        if (sequences.last(0) != context - 1) {
            throw new LlamaException("a sequence of " + context + " tokens ends at position " + sequences.last(0));
        }
        for (int i = 1; i < batch; i++) {
            sequences.copy(0, i);
        }
        sequences.await();
    }
}
