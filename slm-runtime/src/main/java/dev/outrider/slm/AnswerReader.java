package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.Completion;
import dev.outrider.slm.chat.Reply;
import dev.outrider.slm.chat.ToolCall;

/**
 * Turns generated tokens into a response: text or tool calls, usage, finish reason, evidence.
 *
 * @param toolNames how likely each tool was; null when unknown
 * @param cpuJoules null when unknown
 */
record AnswerReader(
        SlmChatModel.Loaded loaded,
        Answering.Prepared request,
        @Nullable ToolNames toolNames,
        @Nullable Double cpuJoules) {

    ChatResponse read(Generation generation) {
        int[] answer = IntStream.concat(IntStream.of(request.opening()), IntStream.of(generation.ids()))
                .toArray();
        Completion completion = loaded.format().parse(answer, request.tools());
        Reply reply = allowed(completion.reply(), answer);
        boolean cutOff = generation.finish() == Generation.Finish.LENGTH
                || (request.constraint() != null && request.constraint().cutShort(generation.tokens()));
        AiMessage.Builder message = AiMessage.builder().thinking(completion.thinking());
        FinishReason finish =
                switch (reply) {
                    case Reply.Text text -> {
                        message.text(request.stops().cut(text.text()));
                        yield cutOff ? FinishReason.LENGTH : FinishReason.STOP;
                    }
                    case Reply.Calls calls -> {
                        message.text(calls.words()).toolExecutionRequests(requests(calls.calls()));
                        yield cutOff ? FinishReason.LENGTH : FinishReason.TOOL_EXECUTION;
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
                        .modelName(loaded.name())
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
        if (reply instanceof Reply.Calls calls && request.tools().isEmpty()) {
            int[] withoutEnd = IntStream.of(answer)
                    .filter(id -> !loaded.format().stopTokens().contains(id))
                    .toArray();
            return new Reply.Malformed(
                    loaded.tokenizer().written(withoutEnd),
                    "a call of '" + calls.calls().getFirst().name() + "' although no tools were offered");
        }
        return reply;
    }

    private static @Nullable String problem(Reply reply) {
        return reply instanceof Reply.Malformed malformed ? malformed.problem() : null;
    }

    private List<ToolExecutionRequest> requests(List<ToolCall> calls) {
        return IntStream.range(0, calls.size())
                .mapToObj(i -> request(request.ids().of(i), calls.get(i)))
                .toList();
    }

    /** One call as LangChain4j has it. */
    static ToolExecutionRequest request(String id, ToolCall call) {
        return ToolExecutionRequest.builder()
                .id(id)
                .name(call.name())
                .arguments(call.arguments())
                .build();
    }

    private TokenEvidence evidence(Generation generation, Completion completion) {
        List<TokenScore> scores = new ArrayList<>();
        double names = 0;
        for (GeneratedToken token : generation.tokens()) {
            int place = request.opening().length + scores.size();
            if (completion.isToolName(place)) {
                names += Math.min(0, token.logProbability());
            }
            scores.add(new TokenScore(
                    token.id(),
                    loaded.tokenizer().text(token.id()),
                    Math.min(0, token.logProbability()),
                    Math.clamp(token.top2Margin(), 0.0, 1.0),
                    Math.clamp(token.maskedMass(), 0.0, 1.0),
                    completion.isDecision(place)));
        }
        return new TokenEvidence(
                scores,
                generation.promptTokens(),
                completion.thinkingTokens(),
                Math.exp(names),
                toolNames,
                generation.prefillSeconds(),
                generation.decodeSeconds(),
                cpuJoules);
    }
}
