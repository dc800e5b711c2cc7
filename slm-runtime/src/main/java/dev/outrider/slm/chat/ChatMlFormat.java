package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Plain ChatML: turns of system, user and assistant between {@code <|im_start|>} and {@code <|im_end|>}, without
 * tools.
 */
final class ChatMlFormat implements ChatFormat {

    static final String NAME = "chatml";

    private final Tokenizer tokenizer;
    private final int turnStart;
    private final int turnEnd;
    private final CompletionParser parser;

    ChatMlFormat(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        turnStart = Markers.required(tokenizer, Markers.TURN_START, NAME);
        turnEnd = Markers.required(tokenizer, Markers.TURN_END, NAME);
        Set<Integer> stops = IntStream.concat(IntStream.of(turnEnd), tokenizer.eos().stream())
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
        parser = new CompletionParser(
                tokenizer,
                stops,
                Markers.NONE,
                Markers.NONE,
                Markers.optional(tokenizer, Markers.THINK),
                Markers.optional(tokenizer, Markers.THINK_END),
                false);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean supportsTools() {
        return false;
    }

    @Override
    public Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> tools) {
        if (!tools.isEmpty()) {
            throw new UnsupportedFeatureException(
                    "the prompt format " + NAME + " has no tool calls; use a model with the format "
                    + OutriderFormat.NAME + " or send no tools");
        }
        PromptBuilder prompt = new PromptBuilder(tokenizer, turnStart, turnEnd);
        for (ChatMessage message : messages) {
            switch (message) {
                case SystemMessage system -> system(prompt, system);
                case UserMessage user -> prompt.turn("user", MessageText.of(user));
                case AiMessage answer when !answer.hasToolExecutionRequests() ->
                    prompt.turn("assistant", Objects.requireNonNullElse(answer.text(), ""));
                default -> throw MessageText.unsupported(message, NAME);
            }
        }
        return prompt.open("assistant").build();
    }

    private static void system(PromptBuilder prompt, SystemMessage message) {
        boolean first = prompt.isEmpty();
        prompt.turn("system", message.text());
        if (first) {
            prompt.endPreamble();
        }
    }

    @Override
    public int[] callOpening() {
        return new int[0];
    }

    @Override
    public boolean beginsCall(int token) {
        return false;
    }

    @Override
    public Set<Integer> stopTokens() {
        return parser.stopTokens();
    }

    @Override
    public Completion parse(int[] answer) {
        return parser.parse(answer);
    }
}
