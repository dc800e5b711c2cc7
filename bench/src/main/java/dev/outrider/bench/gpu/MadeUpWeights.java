package dev.outrider.bench.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import dev.outrider.slm.cuda.CudaBackend;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;
import dev.outrider.slm.model.StepKey;
import dev.outrider.slm.model.TokenChoice;

/**
 * A GPU whose matrices are made up on the spot instead of read from the file, and that remembers the memory of its sequences, so that they
 * can be given a long past in no time.
 */
final class MadeUpWeights implements Backend {

    private static final long PIECE_BYTES = 1L << 20;

    private final CudaBackend gpu;
    private final SplittableRandom random;
    private final List<RecurrentState> states = new ArrayList<>();
    private final List<KeyValues> caches = new ArrayList<>();
    private long weightBytes;

    MadeUpWeights(CudaBackend gpu, long seed) {
        this.gpu = gpu;
        random = new SplittableRandom(seed);
    }

    CudaBackend gpu() {
        return gpu;
    }

    /** Bytes of all matrices but the embeddings, as a file stores them: what a decode step reads. */
    long weightBytes() {
        return weightBytes;
    }

    /** Lets all sequences made so far have read so many tokens. */
    void imitate(int positions) {
        states.forEach(state -> gpu.imitate(state, positions));
        caches.forEach(cache -> gpu.imitate(cache, positions));
    }

    /** Gives back all sequences. */
    void releaseAll() {
        states.forEach(RecurrentState::release);
        caches.forEach(KeyValues::release);
        states.clear();
        caches.clear();
    }

    @Override
    public boolean supports(GgufTensor tensor) {
        return gpu.supports(tensor);
    }

    @Override
    public Matrix matrix(GgufTensor tensor, int rows, int columns) {
        if (!tensor.name().startsWith("token_embd")) {
            weightBytes += tensor.data().byteSize();
        }
        long rowBytes = StoredWeights.bytes(tensor.type(), columns);
        long some = Math.max(16, PIECE_BYTES / rowBytes / 16 * 16);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(some * rowBytes, 64);
            StoredWeights.fill(tensor.type(), piece, (float) (1 / Math.sqrt(columns)), random);
            return gpu.repeated(tensor.type(), rows, columns, piece);
        }
    }

    @Override
    public Vector vector(float[] values) {
        return gpu.vector(values);
    }

    @Override
    public Rows rows(int capacity, int width) {
        return gpu.rows(capacity, width);
    }

    @Override
    public Mixer mixer(MambaShape shape, MambaWeights weights) {
        return gpu.mixer(shape, weights);
    }

    @Override
    public RecurrentState recurrentState(MambaShape shape) {
        RecurrentState state = gpu.recurrentState(shape);
        states.add(state);
        return state;
    }

    @Override
    public KeyValues keyValues(AttentionShape shape, int longest) {
        KeyValues cache = gpu.keyValues(shape, longest);
        caches.add(cache);
        return cache;
    }

    @Override
    public void embed(Matrix table, int[] tokens, int from, int count, Rows out) {
        gpu.embed(table, tokens, from, count, out);
    }

    @Override
    public void rmsNorm(Rows in, int count, Vector weight, float epsilon, Rows out) {
        gpu.rmsNorm(in, count, weight, epsilon, out);
    }

    @Override
    public void multiply(Matrix matrix, Rows in, int count, Rows out) {
        gpu.multiply(matrix, in, count, out);
    }

    @Override
    public void multiplyAdd(Matrix matrix, Rows in, int count, Rows out) {
        gpu.multiplyAdd(matrix, in, count, out);
    }

    @Override
    public void squaredRelu(Rows rows, int count, int width) {
        gpu.squaredRelu(rows, count, width);
    }

    @Override
    public Rotation rotation(double[] frequencies) {
        return gpu.rotation(frequencies);
    }

    @Override
    public void gate(Rows gates, Rows rows, int count, int width) {
        gpu.gate(gates, rows, count, width);
    }

    @Override
    public void rotate(Rotation rotation, Rows rows, int heads, int size, Segments segments, List<KeyValues> of) {
        gpu.rotate(rotation, rows, heads, size, segments, of);
    }

    @Override
    public void mix(Mixer mixer, Rows projected, Segments segments, List<RecurrentState> of, Rows out) {
        gpu.mix(mixer, projected, segments, of, out);
    }

    @Override
    public void attend(
            AttentionShape shape, Rows queries, Rows keys, Rows values, Segments segments, List<KeyValues> of, Rows out) {
        gpu.attend(shape, queries, keys, values, segments, of, out);
    }

    @Override
    public void gather(Rows from, int[] rows, int count, int width, Rows to) {
        gpu.gather(from, rows, count, width, to);
    }

    @Override
    public void read(Rows rows, int count, int width, float[] out, int at) {
        gpu.read(rows, count, width, out, at);
    }

    @Override
    public void choose(Rows logits, int count, int vocabulary, List<ChoiceRequest> requests, TokenChoice[] out) {
        gpu.choose(logits, count, vocabulary, requests, out);
    }

    @Override
    public long stateBytes(MambaShape shape) {
        return gpu.stateBytes(shape);
    }

    @Override
    public long stateBytes(AttentionShape shape, int positions) {
        return gpu.stateBytes(shape, positions);
    }

    @Override
    public String stateLayout() {
        return gpu.stateLayout();
    }

    @Override
    public void save(RecurrentState state, MemorySegment to) {
        gpu.save(state, to);
    }

    @Override
    public void restore(RecurrentState state, MemorySegment from) {
        gpu.restore(state, from);
    }

    @Override
    public void save(KeyValues cache, MemorySegment to) {
        gpu.save(cache, to);
    }

    @Override
    public void restore(KeyValues cache, MemorySegment from) {
        gpu.restore(cache, from);
    }

    @Override
    public int largestStep() {
        return gpu.largestStep();
    }

    @Override
    public void step(StepKey key, Runnable body) {
        gpu.step(key, body);
    }

    @Override
    public void close() {
        gpu.close();
    }
}
