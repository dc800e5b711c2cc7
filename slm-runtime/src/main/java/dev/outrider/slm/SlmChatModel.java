package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.Prompt;
import dev.outrider.slm.state.Boundaries;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * A small language model inside the JVM as a LangChain4j {@link ChatModel}. Safe to use from many threads at once.
 *
 * <p>Tools, {@code temperature}, {@code topP}, {@code maxOutputTokens}, {@code stopSequences} and {@code toolChoice}
 * are honoured per request. {@code REQUIRED} begins the answer as a call, {@code NONE} hides the tools. Stop sequences
 * end text answers and leave calls alone. Other model names, {@code topK}, penalties and the JSON response format are
 * refused with an {@link dev.langchain4j.exception.UnsupportedFeatureException}.
 *
 * <p>The metadata of every response are {@link SlmChatResponseMetadata}, with the {@link TokenEvidence} of the answer.
 * An answer that is neither a text nor a call in the model's format is returned as text with finish reason OTHER
 * (LENGTH when it was cut off) and a {@link SlmChatResponseMetadata#problem}, so that a router can pass the request
 * on.
 *
 * <p>What conversations have in common is read once: the state behind the system prompt and the tools, behind the last turn and behind the
 * answer is kept, within the engine's memory for snapshots. A conversation that goes on, or comes back with another model's answer, reads
 * only what is new; {@link SlmChatResponseMetadata#reusedTokens} says how much was spared. Answers are the same either way.
 *
 * <p>Errors: {@link ContextLengthException} when the conversation does not fit, {@link GenerationInterruptedException}
 * soon after the calling thread is interrupted, {@link dev.langchain4j.exception.InvalidRequestException} for
 * impossible values.
 */
public final class SlmChatModel implements ChatModel, AutoCloseable {

    private static final double DEFAULT_TEMPERATURE = 0;
    private static final int DEFAULT_MAX_OUTPUT_TOKENS = 512;

    private final Loaded loaded;
    private final @Nullable Long seed;
    private final List<ChatModelListener> listeners;
    private final ChatRequestParameters defaults;

    /**
     * What the model needs from an engine.
     *
     * @param owned closed together with the model, or null
     */
    record Loaded(Generator generator, Tokenizer tokenizer, ChatFormat format, String name, @Nullable SlmEngine owned) {

        static Loaded of(SlmEngine engine, boolean owned) {
            return new Loaded(
                    engine::generate,
                    engine.tokenizer(),
                    engine.chatFormat(),
                    engine.info().name(),
                    owned ? engine : null);
        }
    }

    private SlmChatModel(Loaded loaded, Builder builder, ChatRequestParameters defaults) {
        this.loaded = loaded;
        this.seed = builder.seed;
        this.listeners = List.copyOf(builder.listeners);
        this.defaults = defaults;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        ChatRequestParameters parameters = defaults.overrideWith(request.parameters());
        RequestCheck.check(parameters, loaded.name);
        boolean callable = parameters.toolChoice() != ToolChoice.NONE;
        List<ToolSpecification> tools = callable ? parameters.toolSpecifications() : List.of();
        Prompt conversation = loaded.format.prompt(request.messages(), tools);
        int[] call = parameters.toolChoice() == ToolChoice.REQUIRED ? loaded.format.callOpening() : new int[0];
        int[] opening = IntStream.concat(IntStream.of(conversation.opening()), IntStream.of(call)).toArray();
        int[] prompt = IntStream.concat(IntStream.of(conversation.tokens()), IntStream.of(opening))
                .toArray();
        StopSequences stops = new StopSequences(parameters.stopSequences(), loaded.format, loaded.tokenizer);
        IntStream.of(opening).forEach(stops::accept);
        Generation generation = loaded.generator.generate(prompt, options(parameters, stops, conversation.boundaries()));
        if (generation.finish() == Generation.Finish.CANCELLED) {
            throw new GenerationInterruptedException(generation.tokens().size());
        }
        return new AnswerReader(loaded.tokenizer, loaded.format, loaded.name, opening, tools, stops)
                .read(generation);
    }

    private GenerationOptions options(
            ChatRequestParameters parameters, StopSequences stops, Boundaries boundaries) {
        Thread caller = Thread.currentThread();
        return GenerationOptions.builder()
                .maxTokens(parameters.maxOutputTokens())
                .temperature(parameters.temperature())
                .topP(Objects.requireNonNullElse(parameters.topP(), 1.0))
                .seed(seed != null ? seed : ThreadLocalRandom.current().nextLong())
                .stopTokens(loaded.format.stopTokens())
                .stopAfter(stops::accept)
                .cancelled(caller::isInterrupted)
                .reuse(boundaries)
                .build();
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return defaults;
    }

    @Override
    public List<ChatModelListener> listeners() {
        return listeners;
    }

    @Override
    public ModelProvider provider() {
        return ModelProvider.OTHER;
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of();
    }

    /** The name of the loaded model, as responses carry it. */
    public String modelName() {
        return loaded.name;
    }

    /** Closes the engine if this model loaded it; an engine that was handed in stays open. */
    @Override
    public void close() {
        if (loaded.owned != null) {
            loaded.owned.close();
        }
    }

    /**
     * Builder: exactly one of {@link #engine}, {@link #modelPath} and {@link #embedded}; everything else has a
     * default.
     */
    public static final class Builder {

        private @Nullable SlmEngine engine;
        private @Nullable Path modelPath;
        private boolean embedded;
        private @Nullable Loaded loaded;
        private @Nullable Double temperature;
        private @Nullable Integer maxOutputTokens;
        private @Nullable Long seed;
        private List<ChatModelListener> listeners = List.of();
        private @Nullable ChatRequestParameters defaultRequestParameters;

        private Builder() {}

        /** Uses an engine that the caller goes on owning. */
        public Builder engine(SlmEngine engine) {
            this.engine = engine;
            return this;
        }

        /** Loads a GGUF file; the model closes it. */
        public Builder modelPath(Path modelPath) {
            this.modelPath = modelPath;
            return this;
        }

        /** Loads the model that comes with Outrider; the model closes it. */
        public Builder embedded() {
            this.embedded = true;
            return this;
        }

        Builder loaded(Loaded loaded) {
            this.loaded = loaded;
            return this;
        }

        /** Sampling temperature; 0, the default, takes the most likely token every time. */
        public Builder temperature(@Nullable Double temperature) {
            this.temperature = temperature;
            return this;
        }

        /** Most tokens of an answer, 512 by default; an answer also ends where the context is full. */
        public Builder maxOutputTokens(@Nullable Integer maxOutputTokens) {
            this.maxOutputTokens = maxOutputTokens;
            return this;
        }

        /**
         * Seed of the sampling of every request; without it every request has its own. Means nothing at temperature
         * 0.
         */
        public Builder seed(@Nullable Long seed) {
            this.seed = seed;
            return this;
        }

        public Builder listeners(List<ChatModelListener> listeners) {
            this.listeners = listeners;
            return this;
        }

        /** Defaults of all parameters; {@link #temperature} and {@link #maxOutputTokens} go before them. */
        public Builder defaultRequestParameters(@Nullable ChatRequestParameters defaultRequestParameters) {
            this.defaultRequestParameters = defaultRequestParameters;
            return this;
        }

        /**
         * Builds the model, loading its file if need be.
         *
         * @throws IllegalArgumentException when not exactly one model is given
         * @throws SlmException when the file cannot be used for chat
         */
        public SlmChatModel build() {
            Loaded model = load();
            ChatRequestParameters defaults = defaults(model.name);
            try {
                RequestCheck.check(defaults, model.name);
            } catch (RuntimeException e) {
                if (model.owned != null) {
                    model.owned.close();
                }
                throw e;
            }
            return new SlmChatModel(model, this, defaults);
        }

        private ChatRequestParameters defaults(String modelName) {
            ChatRequestParameters base = DefaultChatRequestParameters.builder()
                    .modelName(modelName)
                    .temperature(DEFAULT_TEMPERATURE)
                    .maxOutputTokens(DEFAULT_MAX_OUTPUT_TOKENS)
                    .build();
            if (defaultRequestParameters != null) {
                base = base.overrideWith(defaultRequestParameters);
            }
            return base.overrideWith(DefaultChatRequestParameters.builder()
                    .temperature(temperature)
                    .maxOutputTokens(maxOutputTokens)
                    .build());
        }

        private Loaded load() {
            long given = Stream.of(engine, modelPath, embedded ? "embedded" : null, loaded)
                    .filter(Objects::nonNull)
                    .count();
            if (given != 1) {
                throw new IllegalArgumentException("give exactly one of engine, modelPath and embedded");
            }
            if (loaded != null) {
                return loaded;
            }
            if (engine != null) {
                return Loaded.of(engine, false);
            }
            SlmEngine own = modelPath != null ? SlmEngine.load(modelPath) : SlmEngine.embedded();
            try {
                return Loaded.of(own, true);
            } catch (RuntimeException e) {
                own.close();
                throw e;
            }
        }
    }
}
