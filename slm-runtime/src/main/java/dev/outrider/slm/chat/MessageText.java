package dev.outrider.slm.chat;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The text of messages that may hold other things than text. */
final class MessageText {

    private MessageText() {}

    /** The text of a user's message; several parts are joined by line breaks. */
    static String of(UserMessage message) {
        return join(message.contents(), "a user message");
    }

    /** The text of a tool's result; several parts are joined by line breaks. */
    static String of(ToolExecutionResultMessage message) {
        return join(message.contents(), "the result of tool '" + message.toolName() + "'");
    }

    /** The complaint about a message that a format has no place for. */
    static UnsupportedFeatureException unsupported(ChatMessage message, String format) {
        return new UnsupportedFeatureException("the prompt format " + format + " has no place for messages of type "
                + message.type().name().toLowerCase(Locale.ROOT));
    }

    private static String join(List<Content> contents, String place) {
        return contents.stream()
                .map(content -> {
                    if (content instanceof TextContent text) {
                        return text.text();
                    }
                    throw new UnsupportedFeatureException(place + " holds content of type "
                            + content.type().name().toLowerCase(Locale.ROOT)
                            + ", which is not supported: this model reads text only");
                })
                .collect(Collectors.joining("\n"));
    }
}
