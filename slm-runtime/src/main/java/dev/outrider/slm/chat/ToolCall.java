package dev.outrider.slm.chat;

/**
 * A tool call as a model wrote it.
 *
 * @param name the tool's name; not checked against the tools offered
 * @param arguments a JSON object, character for character as the model wrote it; not checked against a schema
 */
public record ToolCall(String name, String arguments) {}
