package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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
    private final Optional<ThoughtMarkers> thoughts;

    ChatMlFormat(Tokenizer tokenizer) {
        this(tokenizer, false);
    }

    /** @param thinks whether the model's template can switch thoughts on and off */
    ChatMlFormat(Tokenizer tokenizer, boolean thinks) {
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
        boolean marked = tokenizer.special(Markers.THINK).isPresent() && tokenizer.special(Markers.THINK_END).isPresent();
        thoughts = thinks && marked
                ? Optional.of(ThoughtMarkers.of(
                        tokenizer,
                        Markers.THINK + "\n",
                        Markers.THINK + "\n\n" + Markers.THINK_END + "\n\n",
                        "\n",
                        "\n\n"))
                : Optional.empty();
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
    public Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> tools, ThinkingSwitch thinking) {
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
        Prompt built = prompt.open("assistant").build();
        // left alone, such a model opens its thoughts by itself
        return thinking == ThinkingSwitch.AS_ASKED
                ? built
                : thoughts.map(markers -> built.with(markers, thinking == ThinkingSwitch.ON)).orElse(built);
    }

    private static void system(PromptBuilder prompt, SystemMessage message) {
        boolean first = prompt.isEmpty();
        prompt.turn("system", message.text());
        if (first) {
            prompt.endPreamble();
        }
    }

    @Override
    public Optional<ThoughtMarkers> thoughts() {
        return thoughts;
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
    public Completion parse(int[] answer, List<ToolSpecification> tools) {
        return parser.parse(answer);
    }
}
