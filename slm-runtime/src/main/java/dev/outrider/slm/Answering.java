package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.Prompt;
import dev.outrider.slm.chat.ThinkingSwitch;
import dev.outrider.slm.chat.ThoughtMarkers;

/** From a request to an answer: what both chat models of an engine do alike. */
final class Answering {

    private static final CpuEnergy ENERGY = CpuEnergy.ofThisMachine();

    private final SlmChatModel.Loaded loaded;
    private final Settings settings;

    Answering(SlmChatModel.Loaded loaded, Settings settings) {
        this.loaded = loaded;
        this.settings = settings;
    }

    /**
     * What does not change from request to request.
     *
     * @param seed of the sampling; null for another one each time
     * @param timeout most time of an answer; null for no limit
     * @param constrained whether answers are held to the form of calls
     * @param toolNames whether to find out how likely each tool was
     */
    record Settings(@Nullable Long seed, @Nullable Duration timeout, boolean constrained, boolean toolNames) {}

    /**
     * A request, ready to be answered.
     *
     * @param prompt what the model reads
     * @param opening the last tokens of it that count as part of the answer
     * @param before tokens of the prompt in front of the place where a call would begin
     */
    @SuppressWarnings("ArrayRecordComponent") // handed to an engine, never compared
    record Prepared(
            int[] prompt,
            int[] opening,
            int before,
            boolean thinks,
            List<ToolSpecification> tools,
            GenerationOptions.Builder options,
            StopSequences stops,
            @Nullable AnswerConstraint constraint,
            CallIds ids) {}

    SlmChatModel.Loaded loaded() {
        return loaded;
    }

    /**
     * Checks a request and makes it ready.
     *
     * @throws dev.langchain4j.exception.LangChain4jException for what this model cannot do
     */
    Prepared prepare(List<ChatMessage> messages, ChatRequestParameters parameters) {
        RequestCheck.check(parameters, loaded.name());
        ChatFormat format = loaded.format();
        List<ToolSpecification> tools =
                parameters.toolChoice() == ToolChoice.NONE ? List.of() : parameters.toolSpecifications();
        boolean required = parameters.toolChoice() == ToolChoice.REQUIRED;
        Integer asked = SlmChatRequestParameters.maxThinkTokens(parameters);
        int thoughts = asked == null ? 0 : asked;
        Prompt conversation = format.prompt(messages, tools, thoughts > 0 ? ThinkingSwitch.ON : ThinkingSwitch.OFF);
        int[] callOpening = required && !conversation.thinks() ? format.callOpening() : new int[0];
        int[] opening = joined(conversation.opening(), callOpening);
        AnswerConstraint constraint = constraint(parameters, tools, required);
        if (constraint != null) {
            constraint.behind(callOpening);
        }
        boolean json = isJson(parameters);
        StopSequences stops =
                new StopSequences(json ? List.of() : parameters.stopSequences(), format, loaded.tokenizer());
        IntStream.of(callOpening).forEach(stops::accept);
        GenerationOptions.Builder options = GenerationOptions.builder()
                .maxTokens(parameters.maxOutputTokens())
                .temperature(parameters.temperature())
                .topP(Objects.requireNonNullElse(parameters.topP(), 1.0))
                .topK(Objects.requireNonNullElse(parameters.topK(), 0))
                .seed(settings.seed != null ? settings.seed : ThreadLocalRandom.current().nextLong())
                .stopTokens(format.stopTokens())
                .stopAfter(stops::accept)
                .timeLimit(settings.timeout)
                .constraint(constraint)
                .reuse(conversation.boundaries());
        if (conversation.thinks()) {
            think(options, format.thoughts().orElseThrow(), thoughts, parameters.maxOutputTokens(), constraint);
        }
        return new Prepared(
                joined(conversation.tokens(), opening),
                opening,
                conversation.tokens().length + conversation.opening().length,
                conversation.thinks(),
                tools,
                options,
                stops,
                constraint,
                new CallIds());
    }

    /** Thoughts have room of their own: they take nothing from the answer. */
    private void think(
            GenerationOptions.Builder options,
            ThoughtMarkers markers,
            int thoughts,
            int answer,
            @Nullable AnswerConstraint constraint) {
        long room = (long) thoughts + markers.closing().length + markers.gap().length + answer;
        options.maxTokens((int) Math.min(Integer.MAX_VALUE, room))
                .constraint(new ThinkingBudget(
                        markers, loaded.tokenizer(), loaded.format().stopTokens(), thoughts, answer, constraint));
    }

    /** What the answer is held to; null when it is free. A format without calls is free unless JSON is asked for. */
    private @Nullable AnswerConstraint constraint(
            ChatRequestParameters parameters, List<ToolSpecification> tools, boolean required) {
        boolean needed = isJson(parameters) || settings.constrained && loaded.format().supportsTools();
        return needed
                ? loaded.grammars().get().constrain(tools, required, parameters.responseFormat(), true).orElse(null)
                : null;
    }

    private static boolean isJson(ChatRequestParameters parameters) {
        return parameters.responseFormat() != null && parameters.responseFormat().type() == ResponseFormatType.JSON;
    }

    /**
     * Answers.
     *
     * @param cancelled as {@link GenerationOptions#cancelled}
     * @param listener told each token, on the engine's thread
     * @throws GenerationInterruptedException when it was cancelled
     */
    ChatResponse answer(Prepared request, BooleanSupplier cancelled, Consumer<GeneratedToken> listener) {
        long[] energy = ENERGY.now();
        Generation generation = loaded.generator()
                .generate(request.prompt, request.options.cancelled(cancelled).listener(listener).build());
        if (generation.finish() == Generation.Finish.CANCELLED) {
            throw new GenerationInterruptedException(generation.tokens().size());
        }
        return new AnswerReader(loaded, request, toolNames(request), ENERGY.joulesSince(energy)).read(generation);
    }

    /** Behind thoughts nothing is kept that would make it cheap. */
    private @Nullable ToolNames toolNames(Prepared request) {
        if (!settings.toolNames || request.tools.isEmpty() || request.thinks) {
            return null;
        }
        int[] prompt = IntStream.of(request.prompt).limit(request.before).toArray();
        return NamedCalls.weigh(loaded, prompt, request.tools).orElse(null);
    }

    private static int[] joined(int[] a, int[] b) {
        return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
    }
}
