package dev.outrider.router.remote;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.MicroUsd;

/**
 * What the LLM costs, before and after the fact. The LLM's tokenizer is not known, so tokens of a text are estimated
 * from its UTF-8 bytes where no usage is reported. Byte-pair vocabularies give about 4 bytes of English and about 3
 * bytes of JSON to a token.
 */
public final class RemotePrice {

    /** Fewest bytes per token that a lease reckons with: dense JSON with many numbers. */
    private static final int WORST_BYTES_PER_TOKEN = 2;

    /** Bytes per token that an estimated charge reckons with: on the high side for English, fair for JSON. */
    private static final int USUAL_BYTES_PER_TOKEN = 3;

    /** Tokens that a message or a tool takes beside its text: roles, separators. */
    private static final int FRAME_TOKENS = 8;

    /** A picture or a file counts as so much text: about 2,000 tokens. */
    private static final int BYTES_OF_A_PICTURE = 6_000;

    private static final ToolBytes TOOL_BYTES = new ToolBytes();

    private final BigDecimal usdPerMillionInputTokens;
    private final BigDecimal usdPerMillionOutputTokens;
    private final int maxOutputTokens;

    public RemotePrice(RemoteModelSettings model) {
        this.usdPerMillionInputTokens = model.usdPerMillionInputTokens();
        this.usdPerMillionOutputTokens = model.usdPerMillionOutputTokens();
        this.maxOutputTokens = model.maxOutputTokens();
    }

    /** The most that one answer to this request should cost, in micro-dollars. */
    public long worstCase(ChatRequest request) {
        return cost(inputTokens(request, WORST_BYTES_PER_TOKEN), worstAnswerTokens(request));
    }

    /** The most that a prompt should cost whose answer never came, in micro-dollars. */
    long worstPrompt(ChatRequest request) {
        return cost(inputTokens(request, WORST_BYTES_PER_TOKEN), 0);
    }

    private int worstAnswerTokens(ChatRequest request) {
        Integer maxOutput = request.maxOutputTokens();
        return maxOutput == null ? maxOutputTokens : maxOutput;
    }

    /** Estimated tokens of a prompt. */
    public long promptTokens(ChatRequest request) {
        return inputTokens(request, USUAL_BYTES_PER_TOKEN);
    }

    /** Estimated tokens of an answer. */
    public long answerTokens(AiMessage answer) {
        return FRAME_TOKENS + tokensIn(bytes(answer));
    }

    /** Estimated tokens of so many bytes of an answer. */
    long tokensIn(long bytes) {
        return ceilDiv(bytes, USUAL_BYTES_PER_TOKEN);
    }

    /** Cost in micro-dollars, rounded up. */
    public long cost(long inputTokens, long outputTokens) {
        return MicroUsd.roundUp(MicroUsd.ofTokens(inputTokens, usdPerMillionInputTokens)
                .add(MicroUsd.ofTokens(outputTokens, usdPerMillionOutputTokens)));
    }

    private static long inputTokens(ChatRequest request, int bytesPerToken) {
        long bytes = 0;
        long frames = 1;
        for (ChatMessage message : request.messages()) {
            bytes += bytes(message);
            frames++;
        }
        for (ToolSpecification tool : request.toolSpecifications()) {
            bytes += TOOL_BYTES.of(tool);
            frames++;
        }
        return frames * FRAME_TOKENS + ceilDiv(bytes, bytesPerToken);
    }

    private static long bytes(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> bytes(system.text());
            case UserMessage user -> bytes(user.contents());
            case AiMessage ai -> {
                long bytes = bytes(ai.text());
                for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
                    bytes += bytes(call.name()) + bytes(call.arguments());
                }
                yield bytes;
            }
            case ToolExecutionResultMessage result -> bytes(result.contents());
            default -> bytes(message.toString());
        };
    }

    private static long bytes(List<Content> contents) {
        long bytes = 0;
        for (Content content : contents) {
            bytes += content instanceof TextContent text ? bytes(text.text()) : BYTES_OF_A_PICTURE;
        }
        return bytes;
    }

    private static long bytes(@Nullable String text) {
        return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static long ceilDiv(long bytes, int perToken) {
        return Math.ceilDiv(bytes, perToken);
    }
}
