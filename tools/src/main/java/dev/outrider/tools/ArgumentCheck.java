package dev.outrider.tools;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.List;

/**
 * Whether a proposed tool call may run.
 *
 * @param valid whether the arguments fit the tool's schema
 * @param violations one sentence each, in one line, naming the argument, what was given and what is allowed;
 *     empty exactly when valid
 */
public record ArgumentCheck(boolean valid, List<String> violations) {

    private static final ArgumentCheck VALID = new ArgumentCheck(true, List.of());
    private static final SchemaChecker SHARED = new SchemaChecker();

    public ArgumentCheck {
        violations = List.copyOf(violations);
        if (valid != violations.isEmpty()) {
            throw new IllegalArgumentException("a check is valid exactly when it has no violations");
        }
    }

    /** A call that fits. */
    public static ArgumentCheck passed() {
        return VALID;
    }

    /** A call that does not fit, for at least one reason. */
    public static ArgumentCheck failed(List<String> violations) {
        return new ArgumentCheck(false, violations);
    }

    /** Checks a call against a tool that is known by its specification only. Schemas are compiled once. */
    public static ArgumentCheck of(ToolSpecification tool, ToolExecutionRequest request) {
        return SHARED.check(tool, request);
    }

    /** All violations in one line, for a message to the model or a ledger. */
    public String reason() {
        return String.join(" ", violations);
    }
}
