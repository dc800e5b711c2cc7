package dev.outrider.evals.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One line of a suite as an {@link EvalCase}. */
final class CaseParser {

    /** Suites of third parties that are judged by the first call, although nothing in the line says so. */
    private static final Set<String> STEP_SUITES = Set.of("bfcl_multi_turn_steps", "tooltalk_steps", "tau_airline_gpt4o");

    private static final Set<String> CASE_KEYS = Set.of(
            "id", "suite", "category", "task", "tools", "toolset", "toolset_exclude", "messages", "expected", "match",
            "first_call_only", "flags", "tags", "source");
    private static final Set<String> CALL_KEYS =
            Set.of("name", "arguments", "free_text", "unordered", "date_only", "result_based");

    private final Toolsets toolsets;

    CaseParser(Toolsets toolsets) {
        this.toolsets = toolsets;
    }

    EvalCase parse(JsonNode json, String origin) {
        Fields line = Fields.of("", json);
        if (!line.has("expected")) {
            throw new Fields.Problem(
                    "no \"expected\": this is a log or a list of something else, no suite (a case says what a right answer is)");
        }
        line.only(CASE_KEYS);
        String id = line.nonBlank("id");
        List<ToolDefinition> tools = tools(line);
        MatchRule rule = rule(line);
        Expected expected = expected(line.object("expected"), rule, tools);
        String suite = line.nonBlank("suite");
        String task = line.has("task") ? line.nonBlank("task") : TaskGroups.stem(id);
        boolean alternatives = expected instanceof Expected.Calls calls && !calls.alternatives().isEmpty();
        return new EvalCase(
                id,
                suite,
                line.nonBlank("category"),
                task,
                task,
                tools,
                Conversations.parse(line),
                expected,
                rule,
                alternatives || line.flag("first_call_only") || STEP_SUITES.contains(suite),
                line.texts("flags"),
                line.texts("tags"),
                origin);
    }

    private List<ToolDefinition> tools(Fields line) {
        if (line.has("tools") == line.has("toolset")) {
            throw new Fields.Problem("give either \"tools\" or \"toolset\"");
        }
        return line.has("tools")
                ? Toolsets.tools(line, "tools")
                : toolsets.get(line, line.nonBlank("toolset"), line.texts("toolset_exclude"));
    }

    private static MatchRule rule(Fields line) {
        String id = line.nonBlank("match");
        if (id.equals("constraints")) {
            throw line.problem("match", "\"constraints\" cannot be judged here: its checkers are not part of this program");
        }
        return MatchRule.of(id)
                .orElseThrow(() -> line.problem("match", "\"" + id + "\" is unknown; known are " + MatchRule.all()));
    }

    private static Expected expected(Fields expected, MatchRule rule, List<ToolDefinition> tools) {
        if ((rule == MatchRule.RECORDED_OUTCOME) != expected.has("outcomes")) {
            throw new Fields.Problem("match recorded-outcome and expected.outcomes belong together");
        }
        if (expected.has("outcomes")) {
            expected.only(Set.of("outcomes"));
            Fields outcomes = expected.object("outcomes");
            outcomes.only(Set.of("weak", "strong"));
            return new Expected.Outcomes(outcomes.flag("weak"), outcomes.flag("strong"));
        }
        if (rule == MatchRule.LLM_JUDGE) {
            return toBeJudged(expected);
        }
        if (expected.flag("no_call")) {
            expected.only(Set.of("no_call", "decision", "reference_text", "held_out_param", "text", "mentions"));
            return new Expected.NoCall(
                    expected.optionalText("decision"), expected.optionalText("reference_text"), expected.texts("text"),
                    mentions(expected));
        }
        if (expected.flag("any_call")) {
            expected.only(Set.of("any_call"));
            return new Expected.AnyCall();
        }
        expected.only(Set.of("calls", "order", "alternatives"));
        return new Expected.Calls(calls(expected, tools), order(expected), alternatives(expected, tools));
    }

    private static Expected toBeJudged(Fields expected) {
        if (!expected.flag("no_call") || !expected.has("reference_text")) {
            throw new Fields.Problem("match llm-judge compares a reply with a reference: expected needs \"no_call\":true and"
                    + " \"reference_text\":\"a good reply\"");
        }
        expected.only(Set.of("no_call", "decision", "reference_text", "mentions"));
        return new Expected.NoCall(
                expected.optionalText("decision"), expected.nonBlank("reference_text"), List.of(), mentions(expected));
    }

    private static Expected.Order order(Fields expected) {
        return switch (expected.text("order")) {
            case "any" -> Expected.Order.ANY;
            case "exact" -> Expected.Order.EXACT;
            default -> throw expected.problem("order", "must be any or exact but is " + expected.text("order"));
        };
    }

    private static List<ExpectedCall> calls(Fields expected, List<ToolDefinition> tools) {
        List<ExpectedCall> calls = expected.objects("calls").stream().map(c -> call(c, tools)).toList();
        if (calls.isEmpty()) {
            throw expected.problem("calls", "is empty; where no call is right say \"no_call\":true");
        }
        return calls;
    }

    private static List<List<ExpectedCall>> alternatives(Fields expected, List<ToolDefinition> tools) {
        if (!expected.has("alternatives")) {
            return List.of();
        }
        List<List<ExpectedCall>> alternatives = new ArrayList<>();
        ArrayNode lists = expected.list("alternatives");
        for (int i = 0; i < lists.size(); i++) {
            String at = expected.path("alternatives[" + i + "]");
            if (!(lists.get(i) instanceof ArrayNode list) || list.isEmpty()) {
                throw new Fields.Problem(at + " must be a list of calls");
            }
            List<ExpectedCall> calls = new ArrayList<>();
            for (int j = 0; j < list.size(); j++) {
                calls.add(call(Fields.of(at + "[" + j + "]", list.get(j)), tools));
            }
            alternatives.add(List.copyOf(calls));
        }
        return alternatives;
    }

    private static ExpectedCall call(Fields call, List<ToolDefinition> tools) {
        call.only(CALL_KEYS);
        String name = call.nonBlank("name");
        ToolDefinition tool = tools.stream().filter(t -> t.name().equals(name)).findFirst()
                .orElseThrow(() -> call.problem("name", "is no offered tool: " + name));
        Fields given = call.object("arguments");
        Map<String, List<JsonNode>> arguments = new LinkedHashMap<>();
        for (var argument : given.node().properties()) {
            String parameter = argument.getKey();
            if (!tool.parameters().path("properties").has(parameter)) {
                throw given.problem(parameter, "is no parameter of " + name);
            }
            ArrayNode acceptable = given.list(parameter);
            if (acceptable.isEmpty()) {
                throw given.problem(parameter, "has no acceptable value");
            }
            List<JsonNode> values = new ArrayList<>();
            acceptable.forEach(values::add);
            arguments.put(parameter, values);
        }
        return new ExpectedCall(
                name,
                arguments,
                parameters(call, "free_text", arguments.keySet()),
                parameters(call, "unordered", arguments.keySet()),
                parameters(call, "date_only", arguments.keySet()),
                call.flag("result_based"));
    }

    private static Set<String> parameters(Fields call, String key, Set<String> known) {
        Set<String> names = new HashSet<>(call.texts(key));
        for (String name : names) {
            if (!known.contains(name)) {
                throw call.problem(key, "names " + name + ", which is no gold argument");
            }
        }
        return names;
    }

    private static List<List<String>> mentions(Fields expected) {
        if (!expected.has("mentions")) {
            return List.of();
        }
        List<List<String>> groups = new ArrayList<>();
        for (JsonNode group : expected.list("mentions")) {
            if (!(group instanceof ArrayNode texts) || texts.isEmpty()) {
                throw expected.problem("mentions", "must be a list of lists of texts");
            }
            List<String> any = new ArrayList<>();
            for (JsonNode text : texts) {
                if (!text.isTextual() || text.asText().isBlank()) {
                    throw expected.problem("mentions", "must hold non-empty texts but holds " + Json.write(text));
                }
                any.add(text.asText());
            }
            groups.add(any);
        }
        return groups;
    }
}
