package dev.outrider.bench;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import dev.outrider.router.CascadeChatModel;
import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;
import dev.outrider.tools.desk.Desk;

/**
 * What the cascade adds to a query besides the models: rules, schema check, evidence, decision, ledger record. The local model is
 * one that has its answer ready, a call of a desk tool in 24 tokens.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CascadeOverhead {

    private static final int ANSWER_TOKENS = 24;

    private final Desk desk = Desk.inMemory();
    private final Ready local = new Ready();
    private final ChatRequest request = ChatRequest.builder()
            .messages(UserMessage.from("Has ORD-48213 left the house yet?"))
            .toolSpecifications(desk.catalogue().specifications())
            .build();
    private CascadeChatModel cascade = cascade();

    private CascadeChatModel cascade() {
        return CascadeChatModel.builder()
                .local(local)
                .catalogue(desk.catalogue())
                .ledger(record -> {})
                .build();
    }

    /** Builds everything anew for every trial. */
    @Setup
    public void setUp() {
        cascade = cascade();
    }

    /** Closes the desk. */
    @TearDown
    public void tearDown() {
        desk.close();
    }

    /** The model alone: LangChain4j's own share. */
    @Benchmark
    public ChatResponse modelAlone() {
        return local.chat(request);
    }

    /** The same model behind the cascade. */
    @Benchmark
    public ChatResponse throughTheCascade() {
        return cascade.chat(request);
    }

    /** A model that has its answer ready. */
    private static final class Ready implements ChatModel {

        private final ChatResponse response = ChatResponse.builder()
                .aiMessage(AiMessage.from(ToolExecutionRequest.builder()
                        .id("call_1")
                        .name("get_order")
                        .arguments("{\"order_id\":\"ORD-48213\"}")
                        .build()))
                .metadata(SlmChatResponseMetadata.builder()
                        .modelName("ready")
                        .finishReason(FinishReason.TOOL_EXECUTION)
                        .tokenUsage(new TokenUsage(200, ANSWER_TOKENS))
                        .evidence(evidence())
                        .build())
                .build();

        private static TokenEvidence evidence() {
            List<TokenScore> tokens = IntStream.range(0, ANSWER_TOKENS)
                    .mapToObj(id -> new TokenScore(id, "x", -0.001, 0.99, id % 2 == 0))
                    .toList();
            return new TokenEvidence(tokens, 200, 0, 0.01, 0.02);
        }

        @Override
        public ChatResponse doChat(ChatRequest ignored) {
            return response;
        }
    }
}
