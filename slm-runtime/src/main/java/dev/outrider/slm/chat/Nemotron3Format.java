package dev.outrider.slm.chat;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.stream.StreamSupport;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * The format of Nemotron 3 Nano, and without thoughts of its model for code by another team: ChatML turns, tools as XML in the system turn,
 * calls as {@link XmlCall}, results in a user turn. Every answer of the past shows its thoughts, empty ones for what lies before the
 * last request: so a new request changes the turns before it, and a snapshot serves up to the request before.
 */
final class Nemotron3Format implements ChatFormat {

    static final String NAME = "nemotron-3";

    private static final CallSyntax CALLS =
            new CallSyntax(CallSyntax.Form.XML, Markers.CALL + "\n", "\n" + Markers.CALL_END, "\n");

    private static final String INSTRUCTIONS = """

            </tools>

            If you choose to call a function ONLY reply in the following format with NO suffix:

            <tool_call>
            <function=example_function_name>
            <parameter=example_parameter_1>
            value_1
            </parameter>
            <parameter=example_parameter_2>
            This is the value for the second parameter
            that can span
            multiple lines
            </parameter>
            </function>
            </tool_call>

            <IMPORTANT>
            Reminder:
            - Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within \
            <tool_call></tool_call> XML tags
            - Required parameters MUST be specified
            - You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after
            - If there is no function call available, answer the question like normal with your current knowledge and do not tell the user \
            about function calls
            </IMPORTANT>""";

    private static final String NO_THOUGHT = Markers.THINK + Markers.THINK_END;

    private final Tokenizer tokenizer;
    private final TemplateParser parser;
    private final Optional<ThoughtMarkers> thoughts;

    /** @param thinks whether the model's template knows thoughts */
    Nemotron3Format(Tokenizer tokenizer, boolean thinks) {
        this.tokenizer = tokenizer;
        Markers.required(tokenizer, Markers.TURN_START, NAME);
        int end = Markers.required(tokenizer, Markers.TURN_END, NAME);
        Set<Integer> stops = IntStream.concat(IntStream.of(end), tokenizer.eos().stream())
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
        parser = new TemplateParser(tokenizer, stops, CALLS);
        thoughts = thinks
                ? Optional.of(ThoughtMarkers.of(tokenizer, Markers.THINK + "\n", NO_THOUGHT, "\n", "\n"))
                : Optional.empty();
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
        TurnBuilder prompt = new TurnBuilder(tokenizer, Markers.CHAT);
        boolean hasSystem = !messages.isEmpty() && messages.getFirst() instanceof SystemMessage;
        String system = hasSystem ? ((SystemMessage) messages.getFirst()).text() : "";
        prompt.own("<|im_start|>system\n").text(system);
        if (!tools.isEmpty()) {
            prompt.own((system.isEmpty() ? "" : "\n\n") + "# Tools\n\nYou have access to the following functions:\n\n<tools>");
            tools.forEach(tool -> prompt.text(definition(tool)));
            prompt.own(INSTRUCTIONS);
        }
        prompt.own("<|im_end|>\n").endPreamble().endTurn();
        List<ChatMessage> turns = ResultOrder.likeCalls(hasSystem ? messages.subList(1, messages.size()) : messages);
        int lastRequest = lastRequest(turns);
        for (int i = 0; i < turns.size(); i++) {
            boolean results = i > 0 && turns.get(i - 1) instanceof ToolExecutionResultMessage;
            boolean more = i + 1 < turns.size() && turns.get(i + 1) instanceof ToolExecutionResultMessage;
            switch (turns.get(i)) {
                case SystemMessage late -> turn(prompt, "system", late.text());
                case UserMessage user -> turn(prompt, "user", MessageText.of(user));
                case ToolExecutionResultMessage result -> {
                    prompt.own((results ? "" : "<|im_start|>user\n") + "<tool_response>\n")
                            .text(MessageText.of(result))
                            .own("\n</tool_response>\n");
                    if (!more) {
                        prompt.own("<|im_end|>\n").endTurn();
                    }
                }
                case AiMessage answer -> answer(prompt, answer, i < lastRequest);
                default -> throw MessageText.unsupported(turns.get(i), NAME);
            }
        }
        Prompt built = prompt.own("<|im_start|>assistant\n").build();
        return thoughts.map(markers -> built.with(markers, thinking != ThinkingSwitch.OFF)).orElse(built);
    }

    private static void turn(TurnBuilder prompt, String role, String text) {
        prompt.own("<|im_start|>" + role + "\n").text(text).own("<|im_end|>\n").endTurn();
    }

    private static int lastRequest(List<ChatMessage> turns) {
        int last = -1;
        for (int i = 0; i < turns.size(); i++) {
            last = turns.get(i) instanceof UserMessage ? i : last;
        }
        return last;
    }

    /** @param past whether a request followed, so that the thoughts behind the answer are of no interest any more */
    private void answer(TurnBuilder prompt, AiMessage answer, boolean past) {
        String text = Objects.requireNonNullElse(answer.text(), "").strip();
        String thinking = answer.thinking();
        prompt.own("<|im_start|>assistant\n");
        if (thoughts.isPresent()) {
            if (thinking == null || past) {
                prompt.own(NO_THOUGHT);
            } else {
                prompt.own(Markers.THINK + "\n").text(thinking).own("\n" + Markers.THINK_END);
                // the template trims the answer as a whole: without words nothing stands behind the thoughts
                prompt.own(text.isEmpty() ? "" : "\n");
            }
        }
        prompt.text(text);
        if (answer.hasToolExecutionRequests()) {
            prompt.own(text.isEmpty() && thoughts.isEmpty() ? "" : "\n");
            answer.toolExecutionRequests().forEach(request -> {
                String call = XmlCall.write(request);
                prompt.own(Markers.CALL)
                        .text(call.substring(Markers.CALL.length(), call.length() - Markers.CALL_END.length() - 1))
                        .own(Markers.CALL_END + "\n");
            });
        }
        prompt.own("<|im_end|>\n").endTurn();
    }

    private static String definition(ToolSpecification tool) {
        StringBuilder text = new StringBuilder("\n<function>\n<name>" + tool.name() + "</name>");
        if (tool.description() != null) {
            text.append("\n<description>").append(tool.description().strip()).append("</description>");
        }
        text.append("\n<parameters>");
        JsonNode parameters = TemplateJson.parameters(tool);
        parameters.path("properties").properties().forEach(property -> {
            JsonNode fields = property.getValue();
            text.append("\n<parameter>\n<name>").append(property.getKey()).append("</name>");
            if (fields.has("type")) {
                text.append("\n<type>").append(type(fields.get("type"))).append("</type>");
            }
            if (fields.has("description")) {
                text.append("\n<description>").append(fields.get("description").asText().strip()).append("</description>");
            }
            if (fields.has("enum")) {
                text.append("\n<enum>").append(TemplateJson.write(fields.get("enum"))).append("</enum>");
            }
            others(text, fields, List.of("name", "type", "description", "enum"));
            text.append("\n</parameter>");
        });
        others(text, parameters, List.of("type", "properties", "required"));
        if (parameters.has("required")) {
            text.append("\n<required>").append(TemplateJson.write(parameters.get("required"))).append("</required>");
        }
        return text.append("\n</parameters>\n</function>").toString();
    }

    /** Several types are written as Python writes a list of texts. */
    private static String type(JsonNode type) {
        return type.isArray()
                ? StreamSupport.stream(type.spliterator(), false)
                        .map(one -> "'" + one.asText() + "'")
                        .collect(Collectors.joining(", ", "[", "]"))
                : XmlCall.plain(type);
    }

    private static void others(StringBuilder text, JsonNode fields, List<String> told) {
        fields.properties().stream()
                .filter(field -> !told.contains(field.getKey()))
                .forEach(field -> text.append("\n<")
                        .append(field.getKey())
                        .append('>')
                        .append(XmlCall.plain(field.getValue()))
                        .append("</")
                        .append(field.getKey())
                        .append('>'));
    }

    @Override
    public Optional<ThoughtMarkers> thoughts() {
        return thoughts;
    }

    @Override
    public Optional<CallSyntax> callSyntax() {
        return Optional.of(CALLS);
    }

    @Override
    public int[] callOpening() {
        return tokenizer.encodeWithSpecialTokens(Markers.CALL + "\n<function=");
    }

    @Override
    public boolean beginsCall(int token) {
        return token == Markers.optional(tokenizer, Markers.CALL);
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
