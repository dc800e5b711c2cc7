package dev.outrider.evals.llm;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.Random;

import dev.outrider.evals.match.GoldAnswer;
import dev.outrider.evals.match.WrongAnswer;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Json;
import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;

/** Plays the SLM in tests: right on a share of the cases, mostly unsure where it is wrong, the same every time. */
public final class ScriptedSlm implements ChatModel {

    private final RecordedAnswers answers;
    private final double rightRate;
    private final long seed;

    public ScriptedSlm(List<EvalCase> cases, double rightRate, long seed) {
        this.answers = new RecordedAnswers(cases);
        this.rightRate = rightRate;
        this.seed = seed;
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        EvalCase found = answers.find(Turn.ofMessages(request.messages()), Json.object().arrayNode())
                .orElseThrow(() -> new IllegalStateException("not a case: " + request.messages().getLast()));
        Random random = new Random(seed * 31 + found.id().hashCode());
        random.nextLong();
        boolean right = random.nextDouble() < rightRate;
        AiMessage gold = GoldAnswer.of(found);
        AiMessage answer = right ? gold : WrongAnswer.of(found, random).orElse(gold);
        double confidence = right ? 1 - 0.25 * Math.pow(random.nextDouble(), 3) : 0.3 + 0.69 * random.nextDouble();
        var evidence = new TokenEvidence(
                List.of(new TokenScore(1, "x", Math.log(confidence), 0.5, true)), 20, 0, 0.01, 0.02);
        return ChatResponse.builder()
                .aiMessage(answer)
                .metadata(SlmChatResponseMetadata.builder()
                        .modelName("scripted-slm")
                        .tokenUsage(new TokenUsage(20, 10))
                        .finishReason(answer.hasToolExecutionRequests() ? FinishReason.TOOL_EXECUTION : FinishReason.STOP)
                        .evidence(evidence)
                        .build())
                .build();
    }
}
