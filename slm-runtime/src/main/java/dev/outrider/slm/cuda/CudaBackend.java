package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import dev.outrider.slm.SlmException;
import dev.outrider.slm.cuda.Instruction.SequenceTables;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;
import dev.outrider.slm.model.StepKey;
import dev.outrider.slm.model.TokenChoice;

/**
 * Runs on a GPU: weights, activations and what sequences remember lie in its memory; a step goes there as one table of what is new and one
 * launch, and comes back as a few bytes per chosen token.
 *
 * <p>When memory runs out in the middle of a step, nothing of the step has happened and smaller ones go on. When the GPU is lost, every
 * further call fails with the error that told.
 */
public final class CudaBackend implements Backend {

    private static final int LARGEST_STEP = 2048;
    private static final int MOST_CHOICES = 1024;
    private static final int TABLE_BYTES = 1 << 18;
    private static final long STAGING_BYTES = 16L << 20;

    /** Bytes that come after a recurrent state in its snapshot: the position. */
    private static final int POSITION_BYTES = Long.BYTES;

    private final CudaContext context;
    private final CudaOptions options;
    private final CudaStream stream;
    private final Kernels kernels;
    private final Uploader uploader;
    private final StepTables tables;
    private final StepRunner runner;
    private final Choices choices;
    private final WeightLoader loader;
    private final GpuInfo gpu;
    private boolean closed;

    /** Takes over the context; it is closed when this fails. */
    CudaBackend(CudaContext context, int ordinal, KernelImages images, CudaOptions options) {
        this.context = context;
        this.options = options;
        try {
            gpu = GpuInfo.of(context.driver(), ordinal);
            stream = context.createStream();
            kernels = Kernels.load(stream, gpu, images, options.overlapping());
            uploader = new Uploader(context, stream, STAGING_BYTES);
            tables = new StepTables(context, TABLE_BYTES, this::invalidate);
            runner = new StepRunner(stream, tables, options.graphs());
            choices = new Choices(stream, MOST_CHOICES);
            loader = new WeightLoader(context, stream, kernels, uploader);
            Scratch scratch = new Scratch(stream, this::invalidate);
            Scratch counters = new Scratch(stream, this::invalidate);
            Products products = new Products(kernels, scratch, counters, options);
            Operations operations = new Operations(kernels, tables, scratch, choices, runner::variant, options);
            runner.compileWith(new StepCompiler(products, operations)::compile);
        } catch (Throwable t) {
            context.close();
            throw t;
        }
    }

    private void invalidate() {
        runner.invalidate();
    }

    static int largestStepRows() {
        return LARGEST_STEP;
    }

    /** The GPU that this runs on. */
    public GpuInfo gpu() {
        return gpu;
    }

    /** Bytes of the GPU's memory that this holds. */
    public long allocated() {
        return context.allocated();
    }

    /** The GPU's memory as it is now. */
    public MemoryInfo memory() {
        return context.memory();
    }

    /** Waits until everything given so far is done. */
    public void synchronize() {
        stream.synchronize();
    }

    @Override
    public boolean supports(GgufTensor tensor) {
        return WeightLoader.supports(tensor.type());
    }

    @Override
    public Matrix matrix(GgufTensor tensor, int rows, int columns) {
        return loader.load(tensor, rows, columns);
    }

    /**
     * A matrix that is made up of a few rows again and again: for measuring speed, where all that matters of weights is that they are many.
     *
     * @param piece whole rows, a multiple of 16 of them, as a file stores them
     */
    public Matrix repeated(TensorType type, int rows, int columns, MemorySegment piece) {
        return loader.repeated(type, rows, columns, piece);
    }

    /** Gives a sequence keys and values of so many positions that never were, noise, for measuring speed. */
    public void imitate(KeyValues cache, int positions) {
        context.enter();
        CudaKeyValues to = (CudaKeyValues) cache;
        to.reserve(positions, context, stream);
        noise(to.keys(), positions * to.keyBytes());
        noise(to.values(), positions * to.valueBytes());
        to.setLength(positions);
    }

    /** Fills memory with numbers of the cache's type: a piece of noise, doubled until it is long enough. */
    private void noise(long address, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            SplittableRandom random = new SplittableRandom(bytes);
            long filled = Math.min(bytes, 1 << 20);
            MemorySegment piece = arena.allocate(filled, 16);
            for (long at = 0; at < filled; at += options.halfPrecisionCache() ? 2 : 4) {
                float value = (float) (random.nextDouble() * 2 - 1);
                if (options.halfPrecisionCache()) {
                    piece.set(JAVA_SHORT, at, Float.floatToFloat16(value));
                } else {
                    piece.set(JAVA_FLOAT, at, value);
                }
            }
            uploader.upload(piece, address);
            while (filled < bytes) {
                long more = Math.min(filled, bytes - filled);
                stream.copyOnDevice(address, address + filled, more);
                filled += more;
            }
        }
    }

    /** Gives a sequence a state that is said to have seen so many positions, for measuring speed. */
    public void imitate(RecurrentState state, int positions) {
        ((CudaState) state).setPosition(positions);
    }

    /** What this GPU can do at most. */
    public GpuCeilings ceilings() {
        return new GpuCeilings(context, stream, kernels);
    }

    @Override
    public Vector vector(float[] values) {
        DeviceMemory memory = context.allocate((long) values.length * Float.BYTES, "a small weight");
        try (Arena arena = Arena.ofConfined()) {
            uploader.upload(arena.allocateFrom(JAVA_FLOAT, values), memory.address());
            return new CudaVector(values.length, memory);
        } catch (Throwable t) {
            memory.close();
            throw t;
        }
    }

    @Override
    public Rows rows(int capacity, int width) {
        DeviceMemory memory = context.allocate((long) capacity * width * Float.BYTES, "activations");
        stream.zero(memory.address(), memory.bytes());
        return new CudaRows(memory);
    }

    @Override
    public Mixer mixer(MambaShape shape, MambaWeights weights) {
        return new CudaMixer(
                shape,
                (CudaVector) vector(weights.convolution()),
                (CudaVector) vector(weights.convolutionBias()),
                (CudaVector) vector(weights.stepBias()),
                (CudaVector) vector(weights.a()),
                (CudaVector) vector(weights.d()),
                (CudaVector) vector(weights.norm()),
                weights.epsilon());
    }

    @Override
    public Rotation rotation(double[] frequencies) {
        throw new SlmException("models with rotary position encoding, as of architecture llama, do not run on a GPU yet; run with --device cpu");
    }

    @Override
    public RecurrentState recurrentState(MambaShape shape) {
        DeviceMemory memory = context.allocate(CudaState.bytes(shape), "the state of a sequence in one layer");
        try {
            stream.zero(memory.address(), memory.bytes());
            return new CudaState(memory, shape);
        } catch (Throwable t) {
            memory.close();
            throw t;
        }
    }

    @Override
    public KeyValues keyValues(AttentionShape shape, int longest) {
        return new CudaKeyValues(shape, longest, options.halfPrecisionCache() ? Short.BYTES : Float.BYTES);
    }

    @Override
    public void embed(Matrix table, int[] tokens, int from, int count, Rows out) {
        single(() -> {
            int at = tables.reserve(4L * count);
            tables.putInts(at, tokens, from, count);
            runner.add(new Instruction.Embed((CudaMatrix) table, at, count, CudaRows.of(out)));
        });
    }

    @Override
    public void rmsNorm(Rows in, int count, Vector weight, float epsilon, Rows out) {
        single(() -> runner.add(
                new Instruction.Norm(CudaRows.of(in), count, (CudaVector) weight, 1, epsilon, CudaRows.of(out))));
    }

    @Override
    public void multiply(Matrix matrix, Rows in, int count, Rows out) {
        multiply(matrix, in, count, out, false);
    }

    @Override
    public void multiplyAdd(Matrix matrix, Rows in, int count, Rows out) {
        multiply(matrix, in, count, out, true);
    }

    private void multiply(Matrix matrix, Rows in, int count, Rows out, boolean add) {
        single(() -> runner.add(
                new Instruction.Product((CudaMatrix) matrix, CudaRows.of(in), count, CudaRows.of(out), add)));
    }

    @Override
    public void squaredRelu(Rows rows, int count, int width) {
        single(() -> runner.add(new Instruction.SquaredRelu(CudaRows.of(rows), count, width)));
    }

    @Override
    public void gate(Rows gates, Rows rows, int count, int width) {
        throw new UnsupportedOperationException("there is no kernel for gated MLPs; models that need them are refused when they are loaded");
    }

    @Override
    public void rotate(Rotation rotation, Rows rows, int heads, int size, Segments segments, List<KeyValues> caches) {
        throw new UnsupportedOperationException("there is no kernel for rotary positions; models that need them are refused when they are loaded");
    }

    @Override
    public void mix(Mixer mixer, Rows projected, Segments segments, List<RecurrentState> states, Rows out) {
        single(() -> {
            CudaMixer weights = (CudaMixer) mixer;
            CudaRows result = CudaRows.of(out);
            int sequences = segments.sequences();
            List<Long> recurrent = new ArrayList<>(sequences);
            SequenceTables at = reserve(sequences);
            for (int i = 0; i < sequences; i++) {
                CudaState state = (CudaState) states.get(i);
                put(at, segments, i, state.position(), state.convolution(), state.recurrent());
                recurrent.add(state.recurrent());
                runner.add(state.advance(segments.count(i)));
            }
            if (segments.rows() == sequences) {
                runner.add(new Instruction.MixStep(weights, CudaRows.of(projected), sequences, at, result));
            } else {
                runner.add(new Instruction.MixChunk(
                        weights, CudaRows.of(projected), starts(segments), recurrent, at, result));
            }
            runner.add(new Instruction.Norm(
                    result,
                    segments.rows(),
                    weights.norm(),
                    weights.shape().groups(),
                    weights.epsilon(),
                    result));
        });
    }

    @Override
    public void attend(
            AttentionShape shape,
            Rows queries,
            Rows keys,
            Rows values,
            Segments segments,
            List<KeyValues> caches,
            Rows out) {
        single(() -> {
            int sequences = segments.sequences();
            int longestSegment = 0;
            int longest = 0;
            SequenceTables at = reserve(sequences);
            for (int i = 0; i < sequences; i++) {
                CudaKeyValues cache = (CudaKeyValues) caches.get(i);
                int position = cache.length();
                int next = Math.addExact(position, segments.count(i));
                cache.reserve(next, context, stream);
                put(at, segments, i, position, cache.keys(), cache.values());
                runner.add(cache.advance(segments.count(i)));
                longest = Math.max(longest, next);
                longestSegment = Math.max(longestSegment, segments.count(i));
            }
            CudaRows q = CudaRows.of(queries);
            CudaRows k = CudaRows.of(keys);
            CudaRows v = CudaRows.of(values);
            if (segments.rows() == sequences) {
                runner.atLeast(Operations.splits(gpu, shape, sequences, longest));
                runner.add(new Instruction.AttendStep(shape, q, k, v, sequences, at, CudaRows.of(out)));
            } else {
                runner.add(new Instruction.AttendChunk(
                        shape, q, k, v, segments.rows(), sequences, longestSegment, at, CudaRows.of(out)));
            }
        });
    }

    private SequenceTables reserve(int sequences) {
        return new SequenceTables(
                tables.reserve(4L * (sequences + 1)),
                tables.reserve(4L * sequences),
                tables.reserve(8L * sequences),
                tables.reserve(8L * sequences));
    }

    private void put(SequenceTables at, Segments segments, int i, int position, long first, long second) {
        tables.putInt(at.startsAt(), i, segments.start(i));
        tables.putInt(at.startsAt(), i + 1, segments.start(i + 1));
        tables.putInt(at.positionsAt(), i, position);
        tables.putLong(at.firstAt(), i, first);
        tables.putLong(at.secondAt(), i, second);
    }

    private static List<Integer> starts(Segments segments) {
        List<Integer> starts = new ArrayList<>(segments.sequences() + 1);
        for (int i = 0; i <= segments.sequences(); i++) {
            starts.add(segments.start(i));
        }
        return starts;
    }

    @Override
    public void gather(Rows from, int[] rows, int count, int width, Rows to) {
        single(() -> {
            int at = tables.reserve(4L * count);
            tables.putInts(at, rows, 0, count);
            runner.add(new Instruction.Gather(CudaRows.of(from), at, count, width, CudaRows.of(to)));
        });
    }

    @Override
    public void read(Rows rows, int count, int width, float[] out, int at) {
        outsideOfSteps();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(JAVA_FLOAT, (long) count * width);
            uploader.download(CudaRows.of(rows).address(count, width), values);
            MemorySegment.copy(values, JAVA_FLOAT, 0, out, at, count * width);
        }
    }

    @Override
    public void choose(Rows logits, int count, int vocabulary, List<ChoiceRequest> requests, TokenChoice[] out) {
        single(() -> {
            int at = choices.write(tables, requests, vocabulary);
            boolean draw = requests.stream().anyMatch(request -> request.temperature() > 0);
            runner.add(new Instruction.Choose(CudaRows.of(logits), count, vocabulary, at, draw));
            runner.onResult(() -> choices.read(count, out));
        });
    }

    @Override
    public long stateBytes(MambaShape shape) {
        return CudaState.bytes(shape) + POSITION_BYTES;
    }

    @Override
    public long stateBytes(AttentionShape shape, int positions) {
        long values = (long) shape.keyHeads() * (shape.keySize() + shape.valueSize()) * positions;
        return values * (options.halfPrecisionCache() ? Short.BYTES : Float.BYTES);
    }

    @Override
    public String stateLayout() {
        return "cuda-1 convolution ring f32, state [head][channel][state] f32, cache [position][head][value] "
                + (options.halfPrecisionCache() ? "f16" : "f32");
    }

    @Override
    public void save(RecurrentState state, MemorySegment to) {
        outsideOfSteps();
        CudaState from = (CudaState) state;
        uploader.download(from.memory().address(), to.asSlice(0, from.memory().bytes()));
        to.set(JAVA_LONG.withByteAlignment(1), from.memory().bytes(), from.position());
    }

    @Override
    public void restore(RecurrentState state, MemorySegment from) {
        outsideOfSteps();
        CudaState to = (CudaState) state;
        uploader.upload(from.asSlice(0, to.memory().bytes()), to.memory().address());
        to.setPosition(Math.toIntExact(from.get(JAVA_LONG.withByteAlignment(1), to.memory().bytes())));
    }

    @Override
    public void save(KeyValues cache, MemorySegment to) {
        outsideOfSteps();
        CudaKeyValues from = (CudaKeyValues) cache;
        long keys = from.length() * from.keyBytes();
        if (from.length() > 0) {
            uploader.download(from.keys(), to.asSlice(0, keys));
            uploader.download(from.values(), to.asSlice(keys, from.length() * from.valueBytes()));
        }
    }

    @Override
    public void restore(KeyValues cache, MemorySegment from) {
        outsideOfSteps();
        CudaKeyValues to = (CudaKeyValues) cache;
        int positions = Math.toIntExact(from.byteSize() / (to.keyBytes() + to.valueBytes()));
        to.setLength(0);
        if (positions > 0) {
            context.enter();
            to.reserve(positions, context, stream);
            long keys = positions * to.keyBytes();
            uploader.upload(from.asSlice(0, keys), to.keys());
            uploader.upload(from.asSlice(keys, positions * to.valueBytes()), to.values());
        }
        to.setLength(positions);
    }

    @Override
    public boolean choosesTopK() {
        return false;
    }

    @Override
    public int largestStep() {
        return LARGEST_STEP;
    }

    @Override
    public void step(StepKey key, Runnable body) {
        runner.run(key.decode() ? key : null, body);
    }

    /** Runs an operation as a step of its own, unless it is part of one. */
    private void single(Runnable operation) {
        if (runner.inside()) {
            operation.run();
        } else {
            runner.run(null, operation);
        }
    }

    private void outsideOfSteps() {
        if (runner.inside()) {
            throw new IllegalStateException("nothing is read or restored within a step");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            runner.close();
            kernels.close();
            context.close();
        }
    }
}
