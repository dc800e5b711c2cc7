package dev.outrider.slm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * One loaded model that many threads may use at once. Every generation has its own sequence state; a fair lock lets the threads in
 * for one token or one chunk of a prompt at a time, so that generations advance side by side and none waits for a whole other
 * one. What a generation answers does not depend on what else is running.
 */
public final class SlmEngine implements AutoCloseable {

    /** Positions per pass: weights are read once for as many, and a cancel waits for no more. */
    private static final int CHUNK = 64;

    private final Gguf gguf;
    private final Backend backend;
    private final LanguageModel model;
    private final ModelInfo info;
    private final Set<Integer> endTokens;
    private final int chunk;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final Object words = new Object();
    private @Nullable Tokenizer tokenizer;
    private @Nullable ChatFormat chatFormat;
    private boolean closed;

    private SlmEngine(Gguf gguf, Backend backend, LanguageModel model, long startNanos) {
        this.gguf = gguf;
        this.backend = backend;
        this.model = model;
        this.chunk = Math.min(CHUNK, model.largestStep());
        this.endTokens = endTokens(gguf.metadata(), model.vocabularySize());
        this.info = describe(gguf, model, seconds(startNanos));
    }

    /**
     * Loads a model with as many threads as there are processors.
     *
     * @throws dev.outrider.slm.gguf.GgufException if the file cannot be read, is damaged, or holds what the engine cannot run
     */
    public static SlmEngine load(Path file) {
        return load(file, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Loads a model. The file stays mapped until {@link #close()} and must not be changed meanwhile.
     *
     * @param threads threads that share one forward pass, the caller's included; at least 1
     * @throws dev.outrider.slm.gguf.GgufException if the file cannot be read, is damaged, or holds what the engine cannot run
     */
    public static SlmEngine load(Path file, int threads) {
        long start = System.nanoTime();
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        }
        Gguf gguf = Gguf.open(file);
        Backend backend = null;
        try {
            backend = new CpuBackend(threads);
            return new SlmEngine(gguf, backend, Architectures.load(gguf, backend), start);
        } catch (Throwable t) {
            if (backend != null) {
                backend.close();
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
        return load(EmbeddedModel.file());
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
        synchronized (words) {
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
        synchronized (words) {
            ChatFormat built = chatFormat;
            if (built == null) {
                built = ChatFormats.of(gguf.metadata(), tokenizer());
                chatFormat = built;
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
     * @param sink told the logits of every position, in order
     * @throws ContextLengthException if there are more tokens than the context holds
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    public void logits(int[] tokens, LogitsSink sink) {
        check(tokens, 0);
        SequenceState state = model.newState(tokens.length);
        int vocabulary = model.vocabularySize();
        float[] row = new float[vocabulary];
        float[] rows = new float[0];
        for (int from = 0; from < tokens.length; from += chunk) {
            int count = Math.min(chunk, tokens.length - from);
            if (rows.length < count * vocabulary) {
                rows = new float[Math.multiplyExact(count, vocabulary)];
            }
            enter();
            try {
                model.step(List.of(new SequenceStep(state, tokens, from, count, null)), new TokenChoice[1]);
                model.logits(0, count, rows);
            } finally {
                turn.unlock();
            }
            for (int i = 0; i < count; i++) {
                System.arraycopy(rows, i * vocabulary, row, 0, vocabulary);
                sink.accept(from + i, row);
            }
        }
    }

    /**
     * Continues a prompt.
     *
     * @param prompt at least one token id
     * @throws ContextLengthException if the prompt leaves no room for a single token
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    public Generation generate(int[] prompt, GenerationOptions options) {
        check(prompt, 1);
        tokenizer(); // a file without a usable one fails here and not after the work
        long start = System.nanoTime();
        int most = (int) Math.min(options.maxTokens(), (long) model.contextLength() - prompt.length);
        SequenceState state = model.newState(prompt.length + most);
        TokenChoice first = TokenChoice.NONE;
        for (int from = 0; from < prompt.length; from += chunk) {
            if (options.cancelled().getAsBoolean()) {
                return new Generation(
                        List.of(), "", Generation.Finish.CANCELLED, prompt.length, seconds(start), 0);
            }
            int count = Math.min(chunk, prompt.length - from);
            first = step(state, prompt, from, count, from + count == prompt.length ? options : null);
        }
        return decode(state, first, prompt.length, most, options, seconds(start));
    }

    private Generation decode(
            SequenceState state,
            TokenChoice first,
            int promptTokens,
            int most,
            GenerationOptions options,
            double prefillSeconds) {
        Set<Integer> stops = options.stopTokens() == null ? endTokens : options.stopTokens();
        List<GeneratedToken> tokens = new ArrayList<>();
        int[] latest = new int[1];
        TokenChoice choice = first;
        Generation.Finish finish = Generation.Finish.LENGTH;
        long start = System.nanoTime();
        long before = start;
        while (tokens.size() < most) {
            if (options.cancelled().getAsBoolean()) {
                finish = Generation.Finish.CANCELLED;
                break;
            }
            if (!tokens.isEmpty()) {
                choice = step(state, latest, 0, 1, options);
            }
            if (choice.token() < 0) {
                throw new SlmException("the model computed logits that are no numbers; its file is damaged or its weights overflow");
            }
            long now = System.nanoTime();
            GeneratedToken token = new GeneratedToken(
                    choice.token(), choice.logProbability(), choice.top2Margin(), (now - before) / 1e9);
            before = now;
            latest[0] = choice.token();
            tokens.add(token);
            options.listener().accept(token);
            if (stops.contains(choice.token()) || options.stopAfter().test(choice.token())) {
                finish = Generation.Finish.STOP;
                break;
            }
        }
        double decodeSeconds = seconds(start);
        int[] ids = tokens.stream().mapToInt(GeneratedToken::id).toArray();
        return new Generation(tokens, tokenizer().decode(ids), finish, promptTokens, prefillSeconds, decodeSeconds);
    }

    /** Reads tokens; chooses the next one when there are options for it. */
    private TokenChoice step(
            SequenceState state, int[] tokens, int from, int count, @Nullable GenerationOptions options) {
        ChoiceRequest request = options == null
                ? null
                : new ChoiceRequest(
                        (float) options.temperature(),
                        (float) options.topP(),
                        options.seed(),
                        state.position() + count,
                        null);
        TokenChoice[] choice = {TokenChoice.NONE};
        enter();
        try {
            model.step(List.of(new SequenceStep(state, tokens, from, count, request)), choice);
        } finally {
            turn.unlock();
        }
        return choice[0];
    }

    private void enter() {
        turn.lock();
        if (closed) {
            turn.unlock();
            throw new IllegalStateException("the engine is closed");
        }
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

    private static ModelInfo describe(Gguf gguf, LanguageModel model, double loadSeconds) {
        Map<String, Integer> types = new TreeMap<>();
        long parameters = 0;
        for (GgufTensor tensor : gguf.tensors().values()) {
            types.merge(tensor.type().name(), 1, Integer::sum);
            parameters += tensor.size();
        }
        GgufMetadata metadata = gguf.metadata();
        Path name = gguf.path().getFileName();
        return new ModelInfo(
                gguf.path(),
                metadata.findString("general.name").orElse(String.valueOf(name)),
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

    private static double seconds(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    /** Waits for the step that is running, then ends the threads and unmaps the file; using the engine afterwards fails cleanly. */
    @Override
    public void close() {
        turn.lock();
        try {
            if (!closed) {
                closed = true;
                backend.close();
                gguf.close();
            }
        } finally {
            turn.unlock();
        }
    }
}
