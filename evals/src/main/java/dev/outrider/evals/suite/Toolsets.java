package dev.outrider.evals.suite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tool lists that many cases share, by name: {@code {"desk":[{"name":…,"description":…,"parameters":{…}}]}}. */
public final class Toolsets {

    static final Toolsets NONE = new Toolsets(Map.of());

    private final Map<String, List<ToolDefinition>> sets;

    private Toolsets(Map<String, List<ToolDefinition>> sets) {
        this.sets = Collections.unmodifiableMap(sets);
    }

    /**
     * Reads a file of tool sets.
     *
     * @param file the file's name, for messages
     * @throws SuiteException when it is no such file
     */
    static Toolsets parse(String file, String json) {
        try {
            Fields all = Fields.of("", Json.read(json));
            Map<String, List<ToolDefinition>> sets = new LinkedHashMap<>();
            for (var entry : all.node().properties()) {
                sets.put(entry.getKey(), tools(all, entry.getKey()));
            }
            return new Toolsets(sets);
        } catch (JsonProcessingException e) {
            throw SuiteException.of(file, "no JSON: " + Json.problem(e));
        } catch (Fields.Problem e) {
            throw SuiteException.of(file, String.valueOf(e.getMessage()));
        }
    }

    /** These sets and {@code more}; a name in both means the set in {@code more}. */
    Toolsets and(Toolsets more) {
        Map<String, List<ToolDefinition>> both = new LinkedHashMap<>(sets);
        both.putAll(more.sets);
        return new Toolsets(both);
    }

    List<ToolDefinition> get(Fields at, String name, List<String> without) {
        List<ToolDefinition> tools = sets.get(name);
        if (tools == null) {
            throw at.problem("toolset", "\"" + name + "\" is unknown; " + (sets.isEmpty()
                    ? "no toolsets.json lies beside the suite"
                    : "known are " + String.join(", ", sets.keySet())));
        }
        for (String name1 : without) {
            if (tools.stream().noneMatch(t -> t.name().equals(name1))) {
                throw at.problem("toolset_exclude", "names " + name1 + ", which is not in toolset " + name);
            }
        }
        return tools.stream().filter(t -> !without.contains(t.name())).toList();
    }

    static List<ToolDefinition> tools(Fields parent, String key) {
        List<ToolDefinition> tools = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields tool : parent.objects(key)) {
            tool.only(Set.of("name", "description", "parameters"));
            String name = tool.nonBlank("name");
            if (!names.add(name)) {
                throw tool.problem("name", "is given twice: " + name);
            }
            ObjectNode parameters = tool.has("parameters") ? tool.object("parameters").node() : Json.object();
            String description = tool.has("description") ? tool.text("description") : "";
            checkRequired(tool, parameters);
            try {
                tools.add(new ToolDefinition(name, parameters, ToolSchemas.specification(name, description, parameters)));
            } catch (IllegalArgumentException e) {
                throw tool.problem("parameters", "cannot be used: " + e.getMessage());
            }
        }
        return List.copyOf(tools);
    }

    private static void checkRequired(Fields tool, ObjectNode parameters) {
        if (parameters.get("required") instanceof ArrayNode required) {
            for (var name : required) {
                if (!parameters.path("properties").has(name.asText())) {
                    throw tool.problem("parameters.required", "names " + name.asText() + ", which is no property");
                }
            }
        }
    }
}
