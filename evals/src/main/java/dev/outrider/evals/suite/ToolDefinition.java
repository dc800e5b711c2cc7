package dev.outrider.evals.suite;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;

/**
 * A tool as a suite offers it.
 *
 * @param parameters the JSON Schema as written, annotations such as {@code x-bfcl-type} included: matchers need them
 * @param specification the same for a model: without the annotations
 */
public record ToolDefinition(String name, ObjectNode parameters, ToolSpecification specification) {}
