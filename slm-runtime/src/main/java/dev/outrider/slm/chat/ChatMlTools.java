package dev.outrider.slm.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How models of ChatML were taught to see tools and to call them. */
enum ChatMlTools {

    /** Not at all. */
    NONE("chatml", null) {
        @Override
        void offer(TurnBuilder prompt, List<ToolSpecification> tools) {
            throw new IllegalStateException("a format without tools");
        }

        @Override
        void calls(TurnBuilder prompt, List<ToolExecutionRequest> calls) {
            throw new IllegalStateException("a format without tools");
        }

        @Override
        void result(TurnBuilder prompt, String result, boolean first, boolean last) {
            throw new IllegalStateException("a format without tools");
        }
    },

    /** As Hermes and Qwen: one JSON object per call, each between markers of its own; results in a user turn. */
    OBJECTS(
            "chatml-tools",
            new CallSyntax(CallSyntax.Form.JSON_OBJECT, Markers.CALL + "\n", "\n" + Markers.CALL_END, "\n")) {
        @Override
        void offer(TurnBuilder prompt, List<ToolSpecification> tools) {
            prompt.own("# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
                    + "You are provided with function signatures within <tools></tools> XML tags:\n<tools>");
            tools.forEach(tool -> prompt.own("\n").text(TemplateJson.write(typed(tool))));
            prompt.own("\n</tools>\n\nFor each function call, return a json object with function name and arguments within"
                    + " <tool_call></tool_call> XML tags:\n<tool_call>\n"
                    + "{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>");
        }

        @Override
        void calls(TurnBuilder prompt, List<ToolExecutionRequest> calls) {
            calls.forEach(call -> prompt.own("\n<tool_call>\n").text(TemplateJson.call(call)).own("\n</tool_call>"));
        }

        @Override
        void result(TurnBuilder prompt, String result, boolean first, boolean last) {
            prompt.own((first ? "<|im_start|>user" : "") + "\n<tool_response>\n").text(result).own("\n</tool_response>");
            if (last) {
                prompt.own("<|im_end|>\n").endTurn();
            }
        }
    },

    /** As SmolLM2: all calls in one JSON list between {@code <tool_call>} and {@code </tool_call>}; a turn of role tool per result. */
    LIST("smollm2", new CallSyntax(CallSyntax.Form.JSON_LIST, Markers.CALL, Markers.CALL_END, "")) {
        @Override
        void offer(TurnBuilder prompt, List<ToolSpecification> tools) {
            ArrayNode all = TemplateJson.JSON.createArrayNode();
            tools.forEach(tool -> all.add(typed(tool)));
            prompt.own("""
                    You are an expert in composing functions. You are given a question and a set of possible functions.\s
                    Based on the question, you will need to make one or more function/tool calls to achieve the purpose.\s
                    If none of the functions can be used, point it out and refuse to answer.\s
                    If the given question lacks the parameters required by the function, also point it out.

                    You have access to the following tools:
                    <tools>""")
                    .text(TemplateJson.write(all))
                    .own("""
                    </tools>

                    The output MUST strictly adhere to the following format, and NO other text MUST be included.
                    The example format is as follows. Please make sure the parameter type is correct. If no function call is needed, please \
                    make the tool calls an empty list '[]'.
                    <tool_call>[
                    {"name": "func_name1", "arguments": {"argument1": "value1", "argument2": "value2"}},
                    ... (more tool calls as required)
                    ]</tool_call>""");
        }

        @Override
        void calls(TurnBuilder prompt, List<ToolExecutionRequest> calls) {
            prompt.own("\n<tool_call>[")
                    .text(calls.stream().map(TemplateJson::call).collect(Collectors.joining(", ")))
                    .own("]</tool_call>");
        }

        @Override
        void result(TurnBuilder prompt, String result, boolean first, boolean last) {
            prompt.own("<|im_start|>tool\n").text(result).own("<|im_end|>\n").endTurn();
        }
    };

    private final String format;
    private final Optional<CallSyntax> syntax;

    ChatMlTools(String format, @Nullable CallSyntax syntax) {
        this.format = format;
        this.syntax = Optional.ofNullable(syntax);
    }

    /** The name of the format with such tools. */
    String format() {
        return format;
    }

    Optional<CallSyntax> syntax() {
        return syntax;
    }

    /** Writes the part of the system turn that offers tools. */
    abstract void offer(TurnBuilder prompt, List<ToolSpecification> tools);

    /** Writes calls of the conversation so far, behind the words of their turn. */
    abstract void calls(TurnBuilder prompt, List<ToolExecutionRequest> calls);

    /**
     * Writes a result.
     *
     * @param first whether no other result stands in front of it
     * @param last whether no other result follows
     */
    abstract void result(TurnBuilder prompt, String result, boolean first, boolean last);

    private static ObjectNode typed(ToolSpecification tool) {
        ObjectNode typed = TemplateJson.JSON.createObjectNode().put("type", "function");
        typed.set("function", TemplateJson.function(tool));
        return typed;
    }
}
