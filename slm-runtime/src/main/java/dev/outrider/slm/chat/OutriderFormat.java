package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * The format {@code outrider-1}: ChatML turns; tools as one-line signatures ({@link ToolSignature}) between {@code
 * <tools>} and {@code </tools>} in the system turn; calls as compact JSON between {@code <tool_call>} and {@code
 * </tool_call>}; one turn of role {@code tool} per result, in the order of the calls.
 *
 * <p>A call turn of the conversation shows the calls only: the format has no place for words that another model may
 * have put beside them.
 */
final class OutriderFormat implements ChatFormat {

    static final String NAME = "outrider-1";

    private final Tokenizer tokenizer;
    private final int turnStart;
    private final int turnEnd;
    private final int tools;
    private final int toolsEnd;
    private final int call;
    private final int callEnd;
    private final CompletionParser parser;
    private final Optional<ThoughtMarkers> thoughts;

    OutriderFormat(Tokenizer tokenizer) {
        this(tokenizer, false);
    }

    /** @param thinks whether the model was taught to think */
    OutriderFormat(Tokenizer tokenizer, boolean thinks) {
        this.tokenizer = tokenizer;
        turnStart = Markers.required(tokenizer, Markers.TURN_START, NAME);
        turnEnd = Markers.required(tokenizer, Markers.TURN_END, NAME);
        tools = Markers.required(tokenizer, Markers.TOOLS, NAME);
        toolsEnd = Markers.required(tokenizer, Markers.TOOLS_END, NAME);
        call = Markers.required(tokenizer, Markers.CALL, NAME);
        callEnd = Markers.required(tokenizer, Markers.CALL_END, NAME);
        parser = new CompletionParser(
                tokenizer,
                Set.of(turnEnd),
                call,
                callEnd,
                Markers.required(tokenizer, Markers.THINK, NAME),
                Markers.required(tokenizer, Markers.THINK_END, NAME),
                true);
        thoughts = thinks ? Optional.of(ThoughtMarkers.of(tokenizer, Markers.THINK, "", "", "")) : Optional.empty();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean supportsTools() {
        return true;
    }

    @Override
    public Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> offered, ThinkingSwitch thinking) {
        PromptBuilder prompt = new PromptBuilder(tokenizer, turnStart, turnEnd);
        boolean hasSystem = !messages.isEmpty() && messages.getFirst() instanceof SystemMessage;
        if (hasSystem || !offered.isEmpty()) {
            String text = hasSystem ? ((SystemMessage) messages.getFirst()).text() : "";
            system(prompt, text, offered);
        }
        for (ChatMessage message : ResultOrder.likeCalls(hasSystem ? messages.subList(1, messages.size()) : messages)) {
            switch (message) {
                case SystemMessage system -> prompt.turn("system", system.text());
                case UserMessage user -> prompt.turn("user", MessageText.of(user));
                case ToolExecutionResultMessage result -> prompt.turn("tool", MessageText.of(result));
                case AiMessage answer when answer.hasToolExecutionRequests() -> calls(prompt, answer, offered);
                case AiMessage answer -> prompt.turn("assistant", Objects.requireNonNullElse(answer.text(), ""));
                default -> throw MessageText.unsupported(message, NAME);
            }
        }
        Prompt built = prompt.open("assistant").build();
        return thoughts.map(markers -> built.with(markers, thinking == ThinkingSwitch.ON)).orElse(built);
    }

    private void system(PromptBuilder prompt, String text, List<ToolSpecification> offered) {
        boolean both = !text.isEmpty() && !offered.isEmpty();
        prompt.open("system").text(both ? text + "\n" : text);
        if (!offered.isEmpty()) {
            StringBuilder signatures = new StringBuilder("\n");
            offered.forEach(tool -> signatures.append(ToolSignature.of(tool)).append('\n'));
            prompt.marker(tools).text(signatures.toString()).marker(toolsEnd);
        }
        prompt.close().endPreamble();
    }

    private void calls(PromptBuilder prompt, AiMessage answer, List<ToolSpecification> offered) {
        prompt.open("assistant");
        answer.toolExecutionRequests()
                .forEach(request -> prompt.marker(call).text(CallJson.write(request, offered)).marker(callEnd));
        prompt.close();
    }

    @Override
    public Optional<ThoughtMarkers> thoughts() {
        return thoughts;
    }

    @Override
    public Optional<CallSyntax> callSyntax() {
        return Optional.of(new CallSyntax(CallSyntax.Form.JSON_OBJECT, Markers.CALL, Markers.CALL_END, ""));
    }

    @Override
    public boolean writesCompactJson() {
        return true;
    }

    @Override
    public int[] callOpening() {
        return new int[] {call};
    }

    @Override
    public boolean beginsCall(int token) {
        return token == call;
    }

    @Override
    public Set<Integer> stopTokens() {
        return parser.stopTokens();
    }

    @Override
    public Completion parse(int[] answer, List<ToolSpecification> offered) {
        return parser.parse(answer);
    }
}
