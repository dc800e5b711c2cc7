package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.Completion;
import dev.outrider.slm.chat.Reply;
import dev.outrider.slm.chat.ToolCall;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Turns generated tokens into a response: text or tool calls, usage, finish reason, evidence.
 *
 * @param opening tokens of the answer that were given and not generated
 * @param tools the tools offered; without any a call is no allowed answer
 */
record AnswerReader(
        Tokenizer tokenizer,
        ChatFormat format,
        String modelName,
        int[] opening,
        List<ToolSpecification> tools,
        StopSequences stops) {

    ChatResponse read(Generation generation) {
        int[] answer = IntStream.concat(IntStream.of(opening), IntStream.of(generation.ids()))
                .toArray();
        Completion completion = format.parse(answer, tools);
        Reply reply = allowed(completion.reply(), answer);
        boolean cutOff = generation.finish() == Generation.Finish.LENGTH;
        AiMessage.Builder message = AiMessage.builder().thinking(completion.thinking());
        FinishReason finish =
                switch (reply) {
                    case Reply.Text text -> {
                        message.text(stops.cut(text.text()));
                        yield cutOff ? FinishReason.LENGTH : FinishReason.STOP;
                    }
                    case Reply.Calls calls -> {
                        message.toolExecutionRequests(requests(calls.calls()));
                        yield FinishReason.TOOL_EXECUTION;
                    }
                    case Reply.Malformed malformed -> {
                        message.text(malformed.text());
                        yield cutOff ? FinishReason.LENGTH : FinishReason.OTHER;
                    }
                };
        return ChatResponse.builder()
                .aiMessage(message.build())
                .metadata(SlmChatResponseMetadata.builder()
                        .id("slm-" + UUID.randomUUID())
                        .modelName(modelName)
                        .tokenUsage(new TokenUsage(
                                generation.promptTokens(), generation.tokens().size()))
                        .finishReason(finish)
                        .evidence(evidence(generation, completion))
                        .reusedTokens(generation.reusedTokens())
                        .problem(problem(reply))
                        .build())
                .build();
    }

    /** A call where none can be executed is no answer that anybody expects. */
    private Reply allowed(Reply reply, int[] answer) {
        if (reply instanceof Reply.Calls calls && tools.isEmpty()) {
            int[] withoutEnd = IntStream.of(answer)
                    .filter(id -> !format.stopTokens().contains(id))
                    .toArray();
            return new Reply.Malformed(
                    tokenizer.written(withoutEnd),
                    "a call of '" + calls.calls().getFirst().name() + "' although no tools were offered");
        }
        return reply;
    }

    private static @Nullable String problem(Reply reply) {
        return reply instanceof Reply.Malformed malformed ? malformed.problem() : null;
    }

    private static List<ToolExecutionRequest> requests(List<ToolCall> calls) {
        return calls.stream()
                .map(call -> ToolExecutionRequest.builder()
                        .id("call-" + UUID.randomUUID())
                        .name(call.name())
                        .arguments(call.arguments())
                        .build())
                .toList();
    }

    private TokenEvidence evidence(Generation generation, Completion completion) {
        List<TokenScore> scores = new ArrayList<>();
        double toolNames = 0;
        for (GeneratedToken token : generation.tokens()) {
            int place = opening.length + scores.size();
            if (completion.isToolName(place)) {
                toolNames += Math.min(0, token.logProbability());
            }
            scores.add(new TokenScore(
                    token.id(),
                    tokenizer.text(token.id()),
                    Math.min(0, token.logProbability()),
                    Math.clamp(token.top2Margin(), 0.0, 1.0),
                    completion.isDecision(place)));
        }
        return new TokenEvidence(
                scores,
                generation.promptTokens(),
                completion.thinkingTokens(),
                Math.exp(toolNames),
                generation.prefillSeconds(),
                generation.decodeSeconds());
    }
}
