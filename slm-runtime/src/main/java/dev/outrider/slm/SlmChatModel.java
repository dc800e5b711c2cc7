package dev.outrider.slm;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * A small language model inside the JVM as a LangChain4j {@link ChatModel}. Safe to use from many threads at once.
 *
 * <p>Tools, {@code toolChoice}, {@code responseFormat}, {@code temperature}, {@code topP}, {@code topK} (on the processor), {@code maxOutputTokens}, {@code
 * stopSequences} and {@link SlmChatRequestParameters#maxThinkTokens} are honoured per request. Answers to requests with tools are held
 * to a grammar: text, or calls of offered tools whose arguments fit their schemas; {@code REQUIRED} allows calls only, {@code NONE}
 * hides the tools. A JSON response format is a promise: what is answered parses and fits the schema. Stop sequences end text answers and
 * leave calls and JSON alone. An answer that had to be finished because its room was used up has the finish reason LENGTH, although it
 * has the right form. Other model names, penalties, and schemas that cannot be promised are refused with an {@link
 * dev.langchain4j.exception.UnsupportedFeatureException}.
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
    private final Answering answering;
    private final List<ChatModelListener> listeners;
    private final ChatRequestParameters defaults;

    /**
     * What the model needs from an engine.
     *
     * @param grammars what answers may be held to
     * @param owned closed together with the model, or null
     */
    record Loaded(
            Generator generator,
            Tokenizer tokenizer,
            ChatFormat format,
            String name,
            Supplier<AnswerGrammars> grammars,
            @Nullable SlmEngine owned) {

        static Loaded of(SlmEngine engine, boolean owned) {
            return new Loaded(
                    new Generator() {
                        @Override
                        public Generation generate(int[] prompt, GenerationOptions options) {
                            return engine.generate(prompt, options);
                        }

                        @Override
                        public Optional<Ways> weigh(int[] prompt, List<int[]> ways) {
                            return engine.weigh(prompt, ways);
                        }
                    },
                    engine.tokenizer(),
                    engine.chatFormat(),
                    engine.info().name(),
                    engine::grammars,
                    owned ? engine : null);
        }

        /** Without an engine. */
        static Loaded of(Generator generator, Tokenizer tokenizer, ChatFormat format, String name) {
            AnswerGrammars grammars = new AnswerGrammars(tokenizer, format);
            return new Loaded(generator, tokenizer, format, name, () -> grammars, null);
        }
    }

    private SlmChatModel(Loaded loaded, Builder builder, ChatRequestParameters defaults) {
        this.loaded = loaded;
        this.answering = new Answering(
                loaded,
                new Answering.Settings(builder.seed, builder.timeout, builder.constrained, builder.toolNames));
        this.listeners = List.copyOf(builder.listeners);
        this.defaults = defaults;
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Asks with what a caller says beside the request: an attribute {@link SlmChatRequestParameters#MAX_THINK_TOKENS} goes before the
     * parameter of that name.
     */
    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        return ChatModel.super.chat(thinking(request, options), options);
    }

    static ChatRequest thinking(ChatRequest request, ChatRequestOptions options) {
        if (options != null && options.listenerAttributes().get(SlmChatRequestParameters.MAX_THINK_TOKENS) instanceof Integer most) {
            return ChatRequest.builder()
                    .messages(request.messages())
                    .parameters(SlmChatRequestParameters.builder()
                            .overrideWith(request.parameters())
                            .maxThinkTokens(most)
                            .build())
                    .build();
        }
        return request;
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        Answering.Prepared prepared = answering.prepare(request.messages(), defaults.overrideWith(request.parameters()));
        Thread caller = Thread.currentThread();
        return answering.answer(prepared, caller::isInterrupted, token -> {});
    }

    Answering answering() {
        return answering;
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
        return loaded.grammars.get().areUsable() ? Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA) : Set.of();
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
        private @Nullable Duration timeout;
        private @Nullable Device device;
        private boolean constrained = true;
        private boolean toolNames;
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

        /** Most time from a request to its answer, waiting included; then a {@link GenerationTimeoutException}. No limit by default. */
        public Builder timeout(@Nullable Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** Where a model that is loaded here runs; the processor by default. An engine that is handed in has its device already. */
        public Builder device(@Nullable Device device) {
            this.device = device;
            return this;
        }

        /**
         * Whether answers to requests with tools are held to a grammar: text, or calls of offered tools with arguments that fit their
         * schemas. True by default; without it a model may write calls that do not parse. A JSON response format is kept in any case.
         */
        public Builder constrained(boolean constrained) {
            this.constrained = constrained;
            return this;
        }

        /**
         * Whether to find out how likely each offered tool was, see {@link TokenEvidence#toolNames}. False by default: it takes about as
         * long as two or three more tokens of the answer.
         */
        public Builder toolNames(boolean toolNames) {
            this.toolNames = toolNames;
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
            if (device != null && modelPath == null && !embedded) {
                throw new IllegalArgumentException("a device is for a model that is loaded here; give it to the engine instead");
            }
            if (loaded != null) {
                return loaded;
            }
            if (engine != null) {
                return Loaded.of(engine, false);
            }
            EngineSettings.Builder settings = EngineSettings.builder();
            if (device != null) {
                settings.device(device);
            }
            SlmEngine own = modelPath != null
                    ? SlmEngine.load(modelPath, settings.build())
                    : SlmEngine.embedded(settings.build());
            try {
                return Loaded.of(own, true);
            } catch (RuntimeException e) {
                own.close();
                throw e;
            }
        }
    }
}
