package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * The format of Nemotron Nano 9B v2 and 12B v2: turns begin with {@code <SPECIAL_10>} or {@code <SPECIAL_11>} and a role, answers end with
 * {@code <SPECIAL_12>}; calls are a JSON list between {@code <TOOLCALL>} and {@code </TOOLCALL>}, which are ordinary text. The last
 * {@code /think} or {@code /no_think} in a system or user message switches thoughts; the words themselves are taken out, as the model's own
 * template does.
 */
final class NemotronNano2Format implements ChatFormat {

    static final String NAME = "nemotron-nano-2";

    static final String SYSTEM = "<SPECIAL_10>";
    private static final String TURN = "<SPECIAL_11>";
    private static final String END = "<SPECIAL_12>";
    private static final String THINK = "/think";
    private static final String NO_THINK = "/no_think";

    private static final CallSyntax CALLS = new CallSyntax(CallSyntax.Form.JSON_LIST, "<TOOLCALL>", "</TOOLCALL>", "");

    // doubled braces: the template says so
    private static final String INSTRUCTIONS = """
            ]</AVAILABLE_TOOLS>

            If you decide to call any tool(s), use the following format:
            <TOOLCALL>[{{"name": "tool_name1", "arguments": "tool_args1"}}, {{"name": "tool_name2", "arguments": "tool_args2"}}]</TOOLCALL>

            The user will execute tool-calls and return responses from tool(s) in this format:
            <TOOL_RESPONSE>[{{"tool_response1"}}, {{"tool_response2"}}]</TOOL_RESPONSE>

            Based on the tool responses, you can call additional tools if needed, correct tool calls if any errors are found, or just \
            respond to the user.""";

    private final Tokenizer tokenizer;
    private final TemplateParser parser;
    private final ThoughtMarkers thoughts;

    NemotronNano2Format(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        Markers.required(tokenizer, SYSTEM, NAME);
        Markers.required(tokenizer, TURN, NAME);
        int end = Markers.required(tokenizer, END, NAME);
        Set<Integer> stops = IntStream.concat(IntStream.of(end), tokenizer.eos().stream())
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
        parser = new TemplateParser(tokenizer, stops, CALLS);
        // the openings are the template's; the way a cut thought ends is that of the model's reference client
        thoughts = ThoughtMarkers.of(tokenizer, "<think>\n\n", "<think></think>", ".\n", "\n\n");
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
    public Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> tools, ThinkingSwitch thinking) {
        TurnBuilder prompt = new TurnBuilder(tokenizer, List.of(SYSTEM, TURN, END));
        boolean hasSystem = !messages.isEmpty() && messages.getFirst() instanceof SystemMessage;
        String system = hasSystem ? clean(((SystemMessage) messages.getFirst()).text()) : "";
        prompt.own(SYSTEM + "System\n").text(system);
        if (!tools.isEmpty()) {
            prompt.own(system.isEmpty() ? "" : "\n\n")
                    .own("You can use the following tools to assist the user if required:\n<AVAILABLE_TOOLS>[")
                    .text(tools.stream()
                            .map(tool -> TemplateJson.write(TemplateJson.function(tool)))
                            .collect(Collectors.joining(", ")))
                    .own(INSTRUCTIONS);
        }
        prompt.own("\n\n").endPreamble().endTurn();
        List<ChatMessage> turns = ResultOrder.likeCalls(hasSystem ? messages.subList(1, messages.size()) : messages);
        for (int i = 0; i < turns.size(); i++) {
            boolean results = i > 0 && turns.get(i - 1) instanceof ToolExecutionResultMessage;
            boolean more = i + 1 < turns.size() && turns.get(i + 1) instanceof ToolExecutionResultMessage;
            switch (turns.get(i)) {
                case UserMessage user ->
                    prompt.own(TURN + "User\n").text(clean(MessageText.of(user))).own("\n").endTurn();
                case ToolExecutionResultMessage result -> {
                    prompt.own(results ? "" : TURN + "User\n<TOOL_RESPONSE>[").text(MessageText.of(result));
                    prompt.own(more ? ", " : "]</TOOL_RESPONSE>\n\n");
                    if (!more) {
                        prompt.endTurn();
                    }
                }
                case AiMessage answer -> answer(prompt, answer);
                default -> throw MessageText.unsupported(turns.get(i), NAME);
            }
        }
        boolean thinks =
                switch (thinking) {
                    case ON -> true;
                    case OFF -> false;
                    case AS_ASKED -> asked(messages);
                };
        return prompt.own(TURN + "Assistant\n").build().with(thoughts, thinks);
    }

    private static void answer(TurnBuilder prompt, AiMessage answer) {
        String text = Objects.requireNonNullElse(answer.text(), "").strip();
        prompt.own(TURN + "Assistant\n").text(text);
        if (answer.hasToolExecutionRequests()) {
            prompt.own((text.isEmpty() ? "" : "\n\n") + CALLS.open() + "[").text(calls(answer)).own("]" + CALLS.close());
        }
        prompt.own("\n" + END + "\n\n").endTurn();
    }

    private static String calls(AiMessage answer) {
        return answer.toolExecutionRequests().stream()
                .map(NemotronNano2Format::call)
                .collect(Collectors.joining(", "));
    }

    private static String call(ToolExecutionRequest request) {
        return TemplateJson.call(request);
    }

    /** Whether the conversation asks for thoughts; it does until it says otherwise. */
    private static boolean asked(List<ChatMessage> messages) {
        boolean thinks = true;
        for (String text : (Iterable<String>) messages.stream().flatMap(NemotronNano2Format::words)::iterator) {
            if (text.contains(THINK)) {
                thinks = true;
            } else if (text.contains(NO_THINK)) {
                thinks = false;
            }
        }
        return thinks;
    }

    private static Stream<String> words(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> Stream.of(system.text());
            case UserMessage user -> Stream.of(MessageText.of(user));
            default -> Stream.empty();
        };
    }

    private static String clean(String text) {
        return text.replace(THINK, "").replace(NO_THINK, "").strip();
    }

    @Override
    public Optional<ThoughtMarkers> thoughts() {
        return Optional.of(thoughts);
    }

    @Override
    public Optional<CallSyntax> callSyntax() {
        return Optional.of(CALLS);
    }

    @Override
    public int[] callOpening() {
        return tokenizer.encodeWithSpecialTokens(CALLS.open());
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
        return parser.parse(answer, tools);
    }
}
