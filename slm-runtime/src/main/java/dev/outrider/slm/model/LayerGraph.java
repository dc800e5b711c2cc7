package dev.outrider.slm.model;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A language model as a chain of layers over a backend's operations: {@code x += mixer(norm(x))} per layer, a norm and a head at the end. What
 * an architecture has of its own is which layers there are; see {@link NemotronH} and {@link Llama}.
 */
final class LayerGraph implements LanguageModel {

    /** Sequences of one step, and positions whose logits are computed in one go: a row is as wide as the vocabulary. */
    private static final int LARGEST_BATCH = 64;

    private final HybridConfig config;
    private final Backend backend;
    private final Backend.Matrix embedding;
    private final List<Layer> layers;
    private final Backend.Vector outputNorm;
    private final Backend.Matrix head;
    private final int largestStep;
    private final int[] ids;

    private final Backend.Rows residual;
    private final Backend.Rows normed;
    private final Backend.Rows wide;
    private final Backend.Rows mixed;
    private final Backend.Rows keys;
    private final Backend.Rows values;
    private final Backend.Rows last;
    private final Backend.Rows logits;

    /**
     * Takes the last norm and the head from a file.
     *
     * @param embedding the file's embedding table, also the head where there is no other
     * @throws dev.outrider.slm.gguf.GgufException if one of them is missing, or the file has tensors that nobody took
     */
    LayerGraph(
            HybridConfig config, Weights weights, Backend backend, Backend.Matrix embedding, List<Layer> layers) {
        this.config = config;
        this.backend = backend;
        this.embedding = embedding;
        this.layers = List.copyOf(layers);
        int hidden = config.hidden();
        outputNorm = weights.vector("output_norm.weight", hidden);
        head = weights.contains("output.weight")
                ? weights.matrix("output.weight", config.vocabularySize(), hidden)
                : embedding;
        weights.requireAllTaken(config.architecture());

        int wideWidth = 1;
        int mixedWidth = 1;
        int keyWidth = 1;
        int valueWidth = 1;
        for (Layer layer : layers) {
            switch (layer) {
                case Layer.Mamba mamba -> {
                    wideWidth = Math.max(wideWidth, mamba.shape().projected());
                    mixedWidth = Math.max(mixedWidth, mamba.shape().inner());
                }
                case Layer.Attention attention -> {
                    AttentionShape shape = attention.shape();
                    wideWidth = Math.max(wideWidth, shape.heads() * shape.keySize());
                    mixedWidth = Math.max(mixedWidth, shape.heads() * shape.valueSize());
                    keyWidth = Math.max(keyWidth, shape.keyHeads() * shape.keySize());
                    valueWidth = Math.max(valueWidth, shape.keyHeads() * shape.valueSize());
                }
                case Layer.Mlp mlp -> wideWidth = Math.max(wideWidth, mlp.up().rows());
                case Layer.GatedMlp mlp -> {
                    wideWidth = Math.max(wideWidth, mlp.gate().rows());
                    mixedWidth = Math.max(mixedWidth, mlp.up().rows());
                }
            }
        }
        largestStep = backend.largestStep();
        ids = new int[largestStep];
        residual = backend.rows(largestStep, hidden);
        normed = backend.rows(largestStep, hidden);
        wide = backend.rows(largestStep, wideWidth);
        mixed = backend.rows(largestStep, mixedWidth);
        keys = backend.rows(largestStep, keyWidth);
        values = backend.rows(largestStep, valueWidth);
        last = backend.rows(LARGEST_BATCH, hidden);
        logits = backend.rows(LARGEST_BATCH, config.vocabularySize());
    }

    @Override
    public SequenceState newState(int longest) {
        List<Object> states = new ArrayList<>(layers.size());
        try {
            layers.forEach(layer -> states.add(layer.newState(backend, longest)));
        } catch (Throwable t) {
            new SequenceState(states).release();
            throw t;
        }
        return new SequenceState(states);
    }

    @Override
    public void step(List<SequenceStep> parts, TokenChoice[] chosen) {
        int[] counts = new int[parts.size()];
        int[] rows = new int[parts.size()];
        List<ChoiceRequest> requests = new ArrayList<>();
        int row = 0;
        for (int i = 0; i < counts.length; i++) {
            SequenceStep part = parts.get(i);
            counts[i] = part.count();
            System.arraycopy(part.tokens(), part.from(), ids, row, part.count());
            row += part.count();
            if (part.choice() != null) {
                rows[requests.size()] = row - 1;
                requests.add(part.choice());
            }
        }
        Segments segments = Segments.of(counts);
        TokenChoice[] choices = new TokenChoice[requests.size()];
        backend.step(new StepKey(row, counts.length, choices.length), () -> {
            forward(segments, parts);
            if (choices.length > 0) {
                head(rows, choices.length);
                backend.choose(logits, choices.length, config.vocabularySize(), requests, choices);
            }
        });
        int next = 0;
        for (int i = 0; i < counts.length; i++) {
            SequenceState state = parts.get(i).state();
            state.moveTo(state.position() + counts[i]);
            if (parts.get(i).choice() != null) {
                chosen[i] = choices[next++];
            }
        }
    }

    private void forward(Segments segments, List<SequenceStep> parts) {
        int count = segments.rows();
        backend.embed(embedding, ids, 0, count, residual);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            backend.rmsNorm(residual, count, layer.norm(), config.epsilon(), normed);
            switch (layer) {
                case Layer.Mamba mamba -> {
                    backend.multiply(mamba.in(), normed, count, wide);
                    backend.mix(mamba.mixer(), wide, segments, states(parts, i, Backend.RecurrentState.class), mixed);
                    backend.multiplyAdd(mamba.out(), mixed, count, residual);
                }
                case Layer.Attention attention -> {
                    backend.multiply(attention.query(), normed, count, wide);
                    backend.multiply(attention.key(), normed, count, keys);
                    backend.multiply(attention.value(), normed, count, values);
                    List<Backend.KeyValues> caches = states(parts, i, Backend.KeyValues.class);
                    rotate(attention, segments, caches);
                    backend.attend(attention.shape(), wide, keys, values, segments, caches, mixed);
                    backend.multiplyAdd(attention.out(), mixed, count, residual);
                }
                case Layer.Mlp mlp -> {
                    backend.multiply(mlp.up(), normed, count, wide);
                    backend.squaredRelu(wide, count, mlp.up().rows());
                    backend.multiplyAdd(mlp.down(), wide, count, residual);
                }
                case Layer.GatedMlp mlp -> {
                    backend.multiply(mlp.gate(), normed, count, wide);
                    backend.multiply(mlp.up(), normed, count, mixed);
                    backend.gate(wide, mixed, count, mlp.up().rows());
                    backend.multiplyAdd(mlp.down(), mixed, count, residual);
                }
            }
        }
    }

    private void rotate(Layer.Attention attention, Segments segments, List<Backend.KeyValues> caches) {
        Backend.Rotation rotation = attention.rotation();
        if (rotation != null) {
            AttentionShape shape = attention.shape();
            backend.rotate(rotation, wide, shape.heads(), shape.keySize(), segments, caches);
            backend.rotate(rotation, keys, shape.keyHeads(), shape.keySize(), segments, caches);
        }
    }

    /** What one layer remembers of each of the sequences. */
    private static <T> List<T> states(List<SequenceStep> parts, int layer, Class<T> kind) {
        List<T> states = new ArrayList<>(parts.size());
        for (SequenceStep part : parts) {
            states.add(part.state().layer(layer, kind));
        }
        return states;
    }

    /** The logits of the first {@code count} of these rows. */
    private void head(int[] rows, int count) {
        backend.gather(residual, rows, count, config.hidden(), last);
        backend.rmsNorm(last, count, outputNorm, config.epsilon(), normed);
        backend.multiply(head, normed, count, logits);
    }

    @Override
    public void logits(int row, int count, float[] out) {
        int vocabulary = config.vocabularySize();
        int[] rows = new int[LARGEST_BATCH];
        for (int done = 0; done < count; done += LARGEST_BATCH) {
            int some = Math.min(LARGEST_BATCH, count - done);
            for (int i = 0; i < some; i++) {
                rows[i] = row + done + i;
            }
            head(rows, some);
            backend.read(logits, some, vocabulary, out, done * vocabulary);
        }
    }

    @Override
    public long stateBytes(int positions) {
        return layers.stream()
                .mapToLong(layer -> layer.stateBytes(backend, positions))
                .sum();
    }

    @Override
    public String stateLayout() {
        return backend.stateLayout();
    }

    @Override
    public void save(SequenceState state, MemorySegment to) {
        long at = 0;
        for (int i = 0; i < layers.size(); i++) {
            long size = layers.get(i).stateBytes(backend, state.position());
            layers.get(i).save(backend, state.layer(i, Object.class), to.asSlice(at, size));
            at += size;
        }
    }

    @Override
    public void restore(SequenceState state, int position, MemorySegment from) {
        long at = 0;
        for (int i = 0; i < layers.size(); i++) {
            long size = layers.get(i).stateBytes(backend, position);
            layers.get(i).restore(backend, state.layer(i, Object.class), from.asSlice(at, size));
            at += size;
        }
        state.moveTo(position);
    }

    @Override
    public int largestStep() {
        return largestStep;
    }

    @Override
    public int largestBatch() {
        return LARGEST_BATCH;
    }

    @Override
    public int contextLength() {
        return config.contextLength();
    }

    @Override
    public int vocabularySize() {
        return config.vocabularySize();
    }

    @Override
    public int hidden() {
        return config.hidden();
    }

    @Override
    public String pattern() {
        return config.pattern();
    }
}
