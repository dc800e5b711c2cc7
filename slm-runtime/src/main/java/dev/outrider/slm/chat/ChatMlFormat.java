package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
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
 * ChatML: turns of system, user and assistant between {@code <|im_start|>} and {@code <|im_end|>}. Tools, where the model was taught them, are
 * JSON in the system turn, see {@link ChatMlTools}.
 */
final class ChatMlFormat implements ChatFormat {

    static final String NAME = "chatml";

    private final Tokenizer tokenizer;
    private final ChatMlTools tools;
    private final String defaultSystem;
    private final TemplateParser parser;
    private final Optional<ThoughtMarkers> thoughts;

    /** Plain: no tools, no thoughts. */
    ChatMlFormat(Tokenizer tokenizer) {
        this(tokenizer, ChatMlTools.NONE, "", false);
    }

    /**
     * @param tools how tools are offered
     * @param defaultSystem the system prompt of conversations that have none; empty for none
     * @param thinks whether the model's template can switch thoughts on and off
     */
    ChatMlFormat(Tokenizer tokenizer, ChatMlTools tools, String defaultSystem, boolean thinks) {
        this.tokenizer = tokenizer;
        this.tools = tools;
        this.defaultSystem = defaultSystem;
        Markers.required(tokenizer, Markers.TURN_START, NAME);
        int end = Markers.required(tokenizer, Markers.TURN_END, NAME);
        Set<Integer> stops = IntStream.concat(IntStream.of(end), tokenizer.eos().stream())
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
        parser = new TemplateParser(tokenizer, stops, tools.syntax().orElse(null));
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
        return tools.format();
    }

    @Override
    public boolean supportsTools() {
        return tools != ChatMlTools.NONE;
    }

    @Override
    public Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> offered, ThinkingSwitch thinking) {
        if (!offered.isEmpty() && !supportsTools()) {
            throw new UnsupportedFeatureException(
                    "the prompt format " + NAME + " has no tool calls; use a model whose template has them, or send no tools");
        }
        TurnBuilder prompt = new TurnBuilder(tokenizer, Markers.CHAT);
        boolean hasSystem = !messages.isEmpty() && messages.getFirst() instanceof SystemMessage;
        String system = hasSystem ? ((SystemMessage) messages.getFirst()).text() : defaultSystem;
        if (hasSystem || !system.isEmpty() || !offered.isEmpty()) {
            prompt.own("<|im_start|>system\n").text(system);
            if (!offered.isEmpty()) {
                tools.offer(prompt.own(system.isEmpty() ? "" : "\n\n"), offered);
            }
            prompt.own("<|im_end|>\n").endPreamble().endTurn();
        }
        List<ChatMessage> turns = ResultOrder.likeCalls(hasSystem ? messages.subList(1, messages.size()) : messages);
        for (int i = 0; i < turns.size(); i++) {
            boolean results = i > 0 && turns.get(i - 1) instanceof ToolExecutionResultMessage;
            boolean more = i + 1 < turns.size() && turns.get(i + 1) instanceof ToolExecutionResultMessage;
            switch (turns.get(i)) {
                case SystemMessage late -> turn(prompt, "system", late.text());
                case UserMessage user -> turn(prompt, "user", MessageText.of(user));
                case AiMessage answer when !answer.hasToolExecutionRequests() ->
                    turn(prompt, "assistant", Objects.requireNonNullElse(answer.text(), ""));
                case AiMessage answer when supportsTools() -> calls(prompt, answer);
                case ToolExecutionResultMessage result when supportsTools() ->
                    tools.result(prompt, MessageText.of(result), !results, !more);
                default -> throw MessageText.unsupported(turns.get(i), NAME);
            }
        }
        Prompt built = prompt.own("<|im_start|>assistant\n").build();
        // left alone, such a model opens its thoughts by itself
        return thinking == ThinkingSwitch.AS_ASKED
                ? built
                : thoughts.map(markers -> built.with(markers, thinking == ThinkingSwitch.ON)).orElse(built);
    }

    private static void turn(TurnBuilder prompt, String role, String text) {
        prompt.own("<|im_start|>" + role + "\n").text(text).own("<|im_end|>\n").endTurn();
    }

    private void calls(TurnBuilder prompt, AiMessage answer) {
        String text = Objects.requireNonNullElse(answer.text(), "");
        prompt.own("<|im_start|>assistant").text(text.isEmpty() ? "" : "\n" + text);
        List<ToolExecutionRequest> requests = answer.toolExecutionRequests();
        tools.calls(prompt, requests);
        prompt.own("<|im_end|>\n").endTurn();
    }

    @Override
    public Optional<ThoughtMarkers> thoughts() {
        return thoughts;
    }

    @Override
    public Optional<CallSyntax> callSyntax() {
        return tools.syntax();
    }

    @Override
    public int[] callOpening() {
        return tools.syntax()
                .map(syntax -> tokenizer.encodeWithSpecialTokens(syntax.open()))
                .orElseGet(() -> new int[0]);
    }

    @Override
    public boolean beginsCall(int token) {
        return supportsTools() && token == Markers.optional(tokenizer, Markers.CALL);
    }

    @Override
    public Set<Integer> stopTokens() {
        return parser.stopTokens();
    }

    @Override
    public Completion parse(int[] answer, List<ToolSpecification> offered) {
        return parser.parse(answer, offered);
    }
}
