package dev.outrider.evals.llm;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Tokens of a text whose tokenizer is not known: one for every 4 UTF-8 bytes, the usual rule of thumb for English; 4 more for the
 * frame of every message and tool. The simulated LLM reports its usage so, and what an LLM alone would have cost is estimated so
 * where no LLM counted.
 */
public final class TokenEstimate {

    private static final int BYTES_PER_TOKEN = 4;
    private static final int FRAME = 4;

    /** Tokens of every tool that is still in use: a run offers a few tools in thousands of queries, and writing one as JSON takes long. */
    private static final Map<ToolSpecification, Long> TOOLS = Collections.synchronizedMap(new WeakHashMap<>());

    private TokenEstimate() {}

    /** Tokens of a prompt: the conversation and the documents of the tools on offer. */
    public static long prompt(List<ChatMessage> messages, List<ToolSpecification> tools) {
        long tokens = 0;
        for (Turn turn : Turn.ofMessages(messages)) {
            tokens += of(turn);
        }
        for (ToolSpecification tool : tools) {
            tokens += TOOLS.computeIfAbsent(tool, t -> of(t.toJson()));
        }
        return tokens;
    }

    /** Tokens of an answer. */
    public static long answer(AiMessage answer) {
        long bytes = answer.text() == null ? 0 : bytes(answer.text());
        for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
            bytes += bytes(call.name()) + bytes(call.arguments());
        }
        return FRAME + Math.ceilDiv(bytes, BYTES_PER_TOKEN);
    }

    static long of(Turn turn) {
        long bytes = bytes(turn.text());
        for (String call : turn.calls()) {
            bytes += bytes(call);
        }
        return FRAME + Math.ceilDiv(bytes, BYTES_PER_TOKEN);
    }

    static long of(String json) {
        return FRAME + Math.ceilDiv(bytes(json), BYTES_PER_TOKEN);
    }

    private static long bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
