package dev.outrider.router.privacy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.PlainParameters;

/**
 * Redacts by the form of values. The request is walked three times: to see which placeholders its texts hold by
 * themselves, to find the values, and to replace them, for a value may be told by its surroundings in one place only.
 * What the developer wrote stays as it is: tool names, descriptions and schemas. Attributes and a provider's own
 * parameters are left behind, for nobody knows what they hold.
 */
final class PatternRedactor implements Redactor {

    private final PhoneFinder phones;

    PatternRedactor(RedactionSettings settings) {
        this.phones = new PhoneFinder(settings.phoneRegions());
    }

    @Override
    public Redacted redact(ChatRequest request, Collection<String> names) {
        TextRedaction texts = new TextRedaction(new SensitiveFinder(phones, names));
        Edit look = new Edit(text -> seen(texts, text), json -> seenJson(texts, json));
        look.apply(request);
        request.toolSpecifications().forEach(tool -> texts.avoid(tool.toJson()));
        Edit replace = new Edit(texts::redact, texts::redactJson);
        replace.apply(request);
        return new Redacted(replace.apply(request), texts);
    }

    private static String seen(TextRedaction texts, String text) {
        texts.avoid(text);
        if (EscapedText.isIn(text)) {
            texts.avoid(EscapedText.read(text).plain());
        }
        return text;
    }

    private static String seenJson(TextRedaction texts, String json) {
        JsonText.edit(json, literal -> {
            texts.avoid(literal.text());
            return null;
        });
        return seen(texts, json);
    }

    /** One walk through all texts of a request. */
    private record Edit(UnaryOperator<String> onText, UnaryOperator<String> onJson) {

        ChatRequest apply(ChatRequest request) {
            List<ChatMessage> messages =
                    request.messages().stream().map(this::message).toList();
            DefaultChatRequestParameters.Builder<?> parameters = PlainParameters.of(request.parameters());
            if (request.stopSequences() != null) {
                parameters.stopSequences(request.stopSequences().stream().map(onText).toList());
            }
            return ChatRequest.builder()
                    .messages(messages)
                    .parameters(parameters.build())
                    .build();
        }

        private ChatMessage message(ChatMessage message) {
            return switch (message) {
                case SystemMessage system -> SystemMessage.from(onText.apply(system.text()));
                case UserMessage user -> UserMessage.builder()
                        .name(optional(user.name()))
                        .contents(contents(user.contents()))
                        .build();
                case AiMessage ai -> answer(ai);
                case ToolExecutionResultMessage result -> ToolExecutionResultMessage.builder()
                        .id(result.id())
                        .toolName(result.toolName())
                        .isError(result.isError())
                        .contents(results(result.contents()))
                        .build();
                default -> throw new EgressRefusedException(
                        "a message of type " + message.type() + " cannot be redacted");
            };
        }

        private AiMessage answer(AiMessage ai) {
            List<ToolExecutionRequest> calls = new ArrayList<>();
            for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
                String arguments = call.arguments();
                calls.add(call.toBuilder()
                        .arguments(arguments == null ? null : onJson.apply(arguments))
                        .build());
            }
            return AiMessage.builder()
                    .text(optional(ai.text()))
                    .thinking(optional(ai.thinking()))
                    .toolExecutionRequests(calls)
                    .build();
        }

        private List<Content> contents(List<Content> contents) {
            return contents.stream().map(content -> text(content, onText)).toList();
        }

        private List<Content> results(List<Content> contents) {
            return contents.stream().map(content -> text(content, onJson)).toList();
        }

        private static Content text(Content content, UnaryOperator<String> edit) {
            if (content instanceof TextContent text) {
                return TextContent.from(edit.apply(text.text()));
            }
            throw new EgressRefusedException("a content of type " + content.type() + " cannot be redacted");
        }

        private @Nullable String optional(@Nullable String text) {
            return text == null ? null : onText.apply(text);
        }
    }
}
