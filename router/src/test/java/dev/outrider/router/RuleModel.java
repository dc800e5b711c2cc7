package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;

/**
 * Knows by rule what LangChain4j's contract of chat models asks for, since no model of a few megabytes knows it. Honours
 * the answer's length, stop sequences, tool choice and JSON. A word is a token.
 */
final class RuleModel implements ChatModel {

    private static final Map<String, String> KNOWLEDGE = Map.of(
            "capital of Germany", "The capital of Germany is Berlin.",
            "I love you", "Ich liebe dich",
            "favorite color", "Your favorite color is green.",
            "Say 'Hello World'", "Hello World",
            "long story", "There was a cat that met a dog, and both of them lived in a house with many other animals.");

    private final double probability;

    /** @param probability how sure the model says to be */
    RuleModel(double probability) {
        this.probability = probability;
    }

    /** The same as a stream, word by word. */
    StreamingChatModel streaming() {
        return new StreamingChatModel() {
            @Override
            public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
                ChatResponse response = RuleModel.this.doChat(request);
                String text = response.aiMessage().text();
                if (text != null) {
                    words(text).forEach(handler::onPartialResponse);
                }
                handler.onCompleteResponse(response);
            }
        };
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        AiMessage message = answer(request);
        FinishReason finish = message.hasToolExecutionRequests() ? FinishReason.TOOL_EXECUTION : FinishReason.STOP;
        List<String> words = message.text() == null ? List.of("call") : words(message.text());
        Integer limit = request.maxOutputTokens();
        if (limit != null && words.size() > limit) {
            words = words.subList(0, limit);
            message = AiMessage.from(String.join("", words));
            finish = FinishReason.LENGTH;
        }
        List<TokenScore> scores = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            scores.add(new TokenScore(i, words.get(i), Math.log(probability), 0.9, true));
        }
        return ChatResponse.builder()
                .aiMessage(message)
                .metadata(SlmChatResponseMetadata.builder()
                        .id("answer-1")
                        .modelName("rules")
                        .tokenUsage(new TokenUsage(40, words.size()))
                        .finishReason(finish)
                        .evidence(new TokenEvidence(scores, 40, 0, 0.1, 0.1))
                        .build())
                .build();
    }

    private static List<String> words(String text) {
        return List.of(text.split("(?= )"));
    }

    private static AiMessage answer(ChatRequest request) {
        String prompt = request.messages().stream().map(RuleModel::text).collect(Collectors.joining("\n"));
        List<ToolExecutionResultMessage> results = request.messages().stream()
                .filter(ToolExecutionResultMessage.class::isInstance)
                .map(ToolExecutionResultMessage.class::cast)
                .toList();
        ResponseFormat format = request.responseFormat();
        if (format != null && format.type() == ResponseFormatType.JSON
                && (request.toolSpecifications().isEmpty() || !results.isEmpty())) {
            return AiMessage.from(results.isEmpty() ? "{\"city\": \"Berlin\"}" : "{\"weather\": \"sunny\"}");
        }
        if (!results.isEmpty()) {
            return AiMessage.from("It is " + results.stream().map(ToolExecutionResultMessage::text).collect(Collectors.joining(" and ")) + ".");
        }
        if (request.toolChoice() == ToolChoice.REQUIRED || (!request.toolSpecifications().isEmpty() && prompt.contains("weather in Munich"))) {
            List<ToolExecutionRequest> calls = new ArrayList<>();
            calls.add(call("1", "getWeather", "{\"city\":\"Munich\"}"));
            if (prompt.contains("time in France")) {
                calls.add(call("2", "getTime", "{\"country\":\"France\"}"));
            }
            return AiMessage.from(calls);
        }
        if (prompt.contains("get_current_time")) {
            return AiMessage.from(List.of(call("1", "get_current_time", "{}")));
        }
        if (prompt.contains("<image>")) {
            return AiMessage.from("A cat, and elsewhere dice.");
        }
        String text = KNOWLEDGE.entrySet().stream()
                .filter(entry -> prompt.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new AssertionError("a question without a rule: " + prompt));
        List<String> stops = request.stopSequences();
        for (String stop : stops == null ? List.<String>of() : stops) {
            text = text.contains(stop) ? text.substring(0, text.indexOf(stop)) : text;
        }
        return AiMessage.from(text);
    }

    private static ToolExecutionRequest call(String id, String name, String arguments) {
        return ToolExecutionRequest.builder().id(id).name(name).arguments(arguments).build();
    }

    private static String text(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> system.text();
            case UserMessage user -> user.contents().stream()
                    .map(content -> content instanceof ImageContent ? "<image>" : content.toString())
                    .collect(Collectors.joining(" "));
            default -> message.toString();
        };
    }
}
