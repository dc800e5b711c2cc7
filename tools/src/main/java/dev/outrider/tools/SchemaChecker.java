package dev.outrider.tools;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks tool calls against tools that are known by their specification only. Each schema is compiled once and kept
 * while it is among the {@value #KEPT} used last. Safe for many threads.
 */
public final class SchemaChecker {

    private static final int KEPT = 512;

    private final Map<ToolSpecification, ArgumentSchema> compiled = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ToolSpecification, ArgumentSchema> eldest) {
            return size() > KEPT;
        }
    };

    /**
     * Checks name and arguments of a call.
     *
     * @throws IllegalArgumentException if the specification's own schema cannot be compiled: that is the fault of
     *     whoever offered the tool, not of the call
     */
    public ArgumentCheck check(ToolSpecification tool, ToolExecutionRequest request) {
        if (!tool.name().equals(request.name())) {
            return ArgumentCheck.failed(List.of(
                    "The call names the tool " + Violations.shown(request.name()) + ", not " + tool.name() + "."));
        }
        return schemaOf(tool).check(request.arguments());
    }

    private ArgumentSchema schemaOf(ToolSpecification tool) {
        synchronized (compiled) {
            return compiled.computeIfAbsent(tool, ArgumentSchema::compile);
        }
    }
}
