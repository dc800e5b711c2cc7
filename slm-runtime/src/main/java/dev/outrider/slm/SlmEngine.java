package dev.outrider.slm;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;
import dev.outrider.slm.schedule.Limits;
import dev.outrider.slm.schedule.Outcome;
import dev.outrider.slm.schedule.Scheduler;
import dev.outrider.slm.schedule.SchedulerStats;
import dev.outrider.slm.schedule.WayScorer;
import dev.outrider.slm.state.PrefixStats;
import dev.outrider.slm.state.PrefixTree;
import dev.outrider.slm.state.Snapshot;
import dev.outrider.slm.state.SnapshotFile;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * One loaded model that many threads may use at once. Every generation has its own sequence state; one thread advances all of them
 * together, so that the weights are read once for all ({@link Scheduler}). What a generation answers does not depend on what else
 * is running, nor on what was kept of earlier ones.
 */
public final class SlmEngine implements AutoCloseable {

    private final Gguf gguf;
    private final Backend backend;
    private final LanguageModel model;
    private final Device device;
    private final PrefixTree prefixes;
    private final Scheduler scheduler;
    private final ModelInfo info;
    private final Set<Integer> endTokens;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Object lazily = new Object();
    private @Nullable Tokenizer tokenizer;
    private @Nullable ChatFormat chatFormat;
    private @Nullable AnswerGrammars grammars;
    private byte @Nullable [] fingerprint;

    private SlmEngine(Gguf gguf, Device.Loaded loaded, EngineSettings settings, long startNanos) {
        this.gguf = gguf;
        backend = loaded.backend();
        model = loaded.model();
        device = loaded.device();
        endTokens = endTokens(gguf.metadata(), model.vocabularySize());
        info = ModelInfo.of(gguf, model, (System.nanoTime() - startNanos) / 1e9);
        prefixes = new PrefixTree(settings.snapshotBytes());
        scheduler = new Scheduler(
                model, prefixes, new Limits(settings.maxRunning(), settings.maxWaiting(), loaded.stateBytes(settings.stateBytes())));
    }

    /**
     * Loads a model with {@link EngineSettings#defaults()}.
     *
     * @throws dev.outrider.slm.gguf.GgufException if the file cannot be read, is damaged, or holds what the engine cannot run
     */
    public static SlmEngine load(Path file) {
        return load(file, EngineSettings.defaults());
    }

    /** As {@link #load(Path)}, with so many threads that share one step. */
    public static SlmEngine load(Path file, int threads) {
        return load(file, EngineSettings.builder().threads(threads).build());
    }

    /**
     * As {@link #load(Path)}, on this device.
     *
     * @throws SlmException if the device cannot be used, or the model does not fit
     */
    public static SlmEngine load(Path file, Device device) {
        return load(file, EngineSettings.builder().device(device).build());
    }

    /**
     * Loads a model. The file stays mapped until {@link #close()} and must not be changed meanwhile.
     *
     * @throws dev.outrider.slm.gguf.GgufException if the file cannot be read, is damaged, or holds what the engine cannot run
     */
    public static SlmEngine load(Path file, EngineSettings settings) {
        long start = System.nanoTime();
        Device device = settings.device() == null ? Device.cpu(settings.threads()) : settings.device();
        Gguf gguf = Gguf.open(file);
        Device.Loaded loaded = null;
        try {
            loaded = device.load(gguf);
            return new SlmEngine(gguf, loaded, settings, start);
        } catch (Throwable t) {
            if (loaded != null) {
                loaded.backend().close();
            }
            gguf.close();
            throw t;
        }
    }

    /**
     * Loads the model that comes with Outrider. Its file is put into the user's cache directory first, and again when what lies
     * there does not have the right SHA-256.
     *
     * @throws SlmException if the model is not on the class path or neither the cache nor the temporary directory can be written
     */
    public static SlmEngine embedded() {
        return embedded(EngineSettings.defaults());
    }

    /** As {@link #embedded()}, with other settings. */
    public static SlmEngine embedded(EngineSettings settings) {
        return load(EmbeddedModel.file(), settings);
    }

    /** As {@link #embedded()}, on this device. */
    public static SlmEngine embedded(Device device) {
        return load(EmbeddedModel.file(), device);
    }

    /** Where the model runs, and why there. */
    public Device device() {
        return device;
    }

    /** What the loaded model is. */
    public ModelInfo info() {
        return info;
    }

    /** The file's metadata. */
    public GgufMetadata metadata() {
        return gguf.metadata();
    }

    /**
     * Text to token ids and back. Built when it is first asked for: a large vocabulary takes longer than the rest of loading.
     *
     * @throws SlmException if the file's tokenizer is of a kind that is not supported, or damaged
     */
    public Tokenizer tokenizer() {
        synchronized (lazily) {
            Tokenizer built = tokenizer;
            if (built == null) {
                built = Tokenizer.of(gguf.metadata());
                tokenizer = built;
            }
            return built;
        }
    }

    /**
     * How conversations and tool calls are written for this model.
     *
     * @throws SlmException if the file names no format that is known, or its tokenizer cannot be used
     */
    public ChatFormat chatFormat() {
        synchronized (lazily) {
            ChatFormat built = chatFormat;
            if (built == null) {
                built = ChatFormats.of(gguf.metadata(), tokenizer());
                chatFormat = built;
            }
            return built;
        }
    }

    /** What answers of this model may be held to; one for all its chat models, since masks are kept in it. */
    AnswerGrammars grammars() {
        synchronized (lazily) {
            AnswerGrammars built = grammars;
            if (built == null) {
                built = new AnswerGrammars(tokenizer(), chatFormat());
                grammars = built;
            }
            return built;
        }
    }

    /** Most positions of one sequence, prompt and answer together. */
    public int contextLength() {
        return model.contextLength();
    }

    /** The tokens that end an answer, as the file names them. */
    public Set<Integer> endTokens() {
        return endTokens;
    }

    /**
     * Computes the logits of all positions of a text.
     *
     * @param tokens at least one id
     * @param sink told the logits of every position, in order, on the calling thread
     * @throws ContextLengthException if there are more tokens than the context holds
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    public void logits(int[] tokens, LogitsSink sink) {
        check(tokens, 0);
        int chunk = Math.min(model.largestBatch(), model.largestStep());
        int vocabulary = model.vocabularySize();
        SequenceState state = scheduler.call(() -> model.newState(tokens.length));
        try {
            logits(state, tokens, chunk, vocabulary, sink);
        } finally {
            release(state);
        }
    }

    private void logits(SequenceState state, int[] tokens, int chunk, int vocabulary, LogitsSink sink) {
        float[] row = new float[vocabulary];
        float[] rows = new float[Math.multiplyExact(Math.min(chunk, tokens.length), vocabulary)];
        for (int from = 0; from < tokens.length; from += chunk) {
            int count = Math.min(chunk, tokens.length - from);
            scheduler.call(() -> {
                model.logits(0, read(state, tokens, count), rows);
                return rows;
            });
            for (int i = 0; i < count; i++) {
                System.arraycopy(rows, i * vocabulary, row, 0, vocabulary);
                sink.accept(from + i, row);
            }
        }
    }

    /**
     * Continues a prompt. An interrupt of the calling thread cancels the generation, as {@link GenerationOptions#cancelled} does; the
     * thread's interrupt status stays set.
     *
     * @param prompt at least one token id
     * @throws ContextLengthException if the prompt leaves no room for a single token
     * @throws StateMemoryException if the state of the prompt takes more memory than there may be of it
     * @throws EngineBusyException if too many requests are waiting already
     * @throws GenerationTimeoutException if the time limit was over before the answer was complete
     * @throws IllegalArgumentException if an id is not in the vocabulary
     * @throws IllegalStateException if the engine is closed, or closes meanwhile
     */
    public Generation generate(int[] prompt, GenerationOptions options) {
        check(prompt, 1);
        RequestCheck.checkDraw(options, backend.choosesTopK());
        Tokenizer words = tokenizer(); // a file without a usable one fails here and not after the work
        Set<Integer> stops = options.stopTokens() == null ? endTokens : options.stopTokens();
        Outcome outcome = scheduler.generate(prompt, options, stops);
        int[] ids = outcome.tokens().stream().mapToInt(GeneratedToken::id).toArray();
        return new Generation(
                outcome.tokens(),
                words.decode(ids),
                outcome.finish(),
                prompt.length,
                outcome.reusedTokens(),
                outcome.prefillSeconds(),
                outcome.decodeSeconds());
    }

    /**
     * Weighs several ways to go on behind a prompt that was generated from with {@link GenerationOptions#reuse} a moment ago, computed
     * over their tree and not sampled. Costs about as much as reading the tokens of the ways up to where they part.
     *
     * @param ways of at least one token each, all beginning with the same one, none the beginning of another
     * @return nothing when no state near the end of the prompt was kept, so that weighing would mean to read it again
     * @throws IllegalArgumentException if the ways are none of that kind, or an id is not in the vocabulary
     */
    public Optional<Ways> weigh(int[] prompt, List<int[]> ways) {
        check(prompt, 0);
        if (ways.isEmpty()) {
            throw new IllegalArgumentException("there must be at least one way to go on");
        }
        for (int i = 0; i < ways.size(); i++) {
            check(ways.get(i), 0);
            for (int j = 0; j < ways.size(); j++) {
                int differ = Arrays.mismatch(ways.get(i), ways.get(j));
                if (differ == 0 || i != j && differ == ways.get(i).length || i != j && differ < 0) {
                    throw new IllegalArgumentException("ways " + i + " and " + j + " must begin with the same token, and neither may be"
                            + " the beginning of the other");
                }
            }
        }
        return new WayScorer(scheduler, model, prefixes).weigh(prompt, ways);
    }

    /**
     * The state after some tokens, read here and now or taken from what was kept; the caller closes it.
     *
     * @throws ContextLengthException if there are more tokens than the context holds
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    public Snapshot snapshot(int[] tokens) {
        check(tokens, 0);
        SequenceState state = scheduler.call(() -> {
            try (Snapshot kept = prefixes.longest(tokens, tokens.length)) {
                return kept == null ? model.newState(tokens.length) : kept.fork(model, tokens.length);
            }
        });
        int chunk = Math.min(model.largestBatch(), model.largestStep());
        try {
            while (state.position() < tokens.length) {
                int count = Math.min(chunk, tokens.length - state.position());
                scheduler.call(() -> read(state, tokens, count));
            }
            return scheduler.call(() -> Snapshot.of(model, state, tokens));
        } finally {
            release(state);
        }
    }

    /** Gives a state's memory back between two steps; a closed engine has given back everything. */
    private void release(SequenceState state) {
        try {
            scheduler.call(() -> {
                state.release();
                return state;
            });
        } catch (IllegalStateException closed) {
            return;
        }
    }

    /** Reads the next tokens; returns how many. */
    private int read(SequenceState state, int[] tokens, int count) {
        model.step(List.of(new SequenceStep(state, tokens, state.position(), count, null)), new TokenChoice[1]);
        return count;
    }

    /**
     * Keeps a snapshot for prompts that begin with its tokens, within the memory that the engine may use for snapshots.
     *
     * @param preamble whether it stands before conversations; then it is among the last to go
     * @throws IllegalArgumentException if it is of another engine
     */
    public void keep(Snapshot snapshot, boolean preamble) {
        snapshot.requireOf(model);
        prefixes.put(snapshot, preamble);
    }

    /**
     * Writes a snapshot to a file that an engine of the same model can read.
     *
     * @throws dev.outrider.slm.state.SnapshotException if the file cannot be written
     * @throws IllegalArgumentException if it is of another engine
     */
    public void save(Snapshot snapshot, Path file) {
        snapshot.requireOf(model);
        SnapshotFile.write(snapshot, fingerprint(), file);
    }

    /**
     * Reads a snapshot from a file; the caller closes it.
     *
     * @throws dev.outrider.slm.state.SnapshotException if the file cannot be read, is damaged, or is of another model
     */
    public Snapshot restore(Path file) {
        return SnapshotFile.read(file, fingerprint(), model);
    }

    private byte[] fingerprint() {
        synchronized (lazily) {
            byte[] made = fingerprint;
            if (made == null) {
                if (closed.get()) {
                    throw new IllegalStateException("the engine is closed");
                }
                made = gguf.fingerprint();
                fingerprint = made;
            }
            return made;
        }
    }

    /** What keeping snapshots brought so far. */
    public PrefixStats prefixStats() {
        return prefixes.stats();
    }

    /** What the engine is doing. */
    public SchedulerStats stats() {
        return scheduler.stats();
    }

    private void check(int[] tokens, int room) {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("there must be at least one token");
        }
        if (tokens.length > model.contextLength() - room) {
            throw new ContextLengthException(tokens.length + room, model.contextLength());
        }
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < 0 || tokens[i] >= model.vocabularySize()) {
                throw new IllegalArgumentException("token " + i + " is " + tokens[i] + ", which is outside the vocabulary of "
                        + model.vocabularySize());
            }
        }
    }

    private static Set<Integer> endTokens(GgufMetadata metadata, int vocabulary) {
        Set<Integer> ends = new HashSet<>();
        for (String key : List.of("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")) {
            if (metadata.contains(key)) {
                ends.add(metadata.integer(key, 0, vocabulary - 1));
            }
        }
        return Set.copyOf(ends);
    }

    /**
     * Waits for the step that is running, ends all requests with an {@link IllegalStateException}, then ends the threads, gives back all
     * memory and unmaps the file.
     */
    @Override
    public void close() {
        scheduler.close();
        synchronized (lazily) {
            if (closed.compareAndSet(false, true)) {
                prefixes.close();
                backend.close();
                gguf.close();
            }
        }
    }
}
