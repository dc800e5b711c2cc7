package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How likely each tool was, compared with the logits of every way there is. */
class ToolNamesTest {

    private static final List<ToolSpecification> TOOLS = Stream.of(
                    "get_order", "track_shipment", "cancel_order", "get_ticket", "get_orders", "refund_order")
            .map(name -> ToolSpecification.builder()
                    .name(name)
                    .parameters(JsonObjectSchema.builder()
                            .addStringProperty("order_id")
                            .required("order_id")
                            .build())
                    .build())
            .toList();

    private static SlmEngine engine;
    private static SlmChatModel model;

    @BeforeAll
    static void load() {
        engine = SlmEngine.embedded();
        model = SlmChatModel.builder().engine(engine).toolNames(true).build();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void everyOfferedNameHasTheProbabilityThatItsTokensGiveIt() {
        for (String question : List.of("Has ORD-48213 left the house yet?", "Cancel ORD-48621 please", "hi there", "ticket T-5 order ORD-11111")) {
            ChatResponse response = model.chat(ChatRequest.builder()
                    .messages(UserMessage.from(question))
                    .toolSpecifications(TOOLS)
                    .build());
            ToolNames names = Objects.requireNonNull(evidence(response).toolNames());
            int[] prompt = engine.chatFormat().prompt(List.of(UserMessage.from(question)), TOOLS).tokens();
            List<int[]> ways = TOOLS.stream().map(tool -> beginning(tool.name())).toList();
            double[] expected = byBruteForce(prompt, ways);
            for (int i = 0; i < TOOLS.size(); i++) {
                assertThat(names.names().get(TOOLS.get(i).name())).as(TOOLS.get(i).name()).isCloseTo(expected[i], within(1e-3));
            }
            assertThat(names.names().values().stream().mapToDouble(Double::doubleValue).sum()).isCloseTo(1, within(1e-6));
            assertThat(names.unresolved()).isLessThan(1e-3);
            assertThat(names.call()).isCloseTo(first(prompt, ways.getFirst()[0]), within(1e-5));
            double[] sorted = names.names().values().stream().mapToDouble(Double::doubleValue).sorted().toArray();
            assertThat(evidence(response).toolNameMargin()).hasValue(sorted[5] - sorted[4]);
            if (response.aiMessage().hasToolExecutionRequests()) {
                String called = response.aiMessage().toolExecutionRequests().getFirst().name();
                assertThat(names.names().get(called)).as("greedily taken").isEqualTo(sorted[5]);
            }
        }
    }

    @Test
    void weighingChangesNoAnswerAndIsLeftOutWhereItIsNotAskedFor() {
        SlmChatModel plain = SlmChatModel.builder().engine(engine).build();
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("Where is ORD-48213?"))
                .toolSpecifications(TOOLS)
                .build();
        ChatResponse without = plain.chat(request);
        ChatResponse with = model.chat(request);
        assertThat(evidence(without).toolNames()).isNull();
        assertThat(evidence(without).toolNameMargin()).isEmpty();
        assertThat(evidence(with).tokens()).isEqualTo(evidence(without).tokens());
        assertThat(evidence(model.chat(ChatRequest.builder().messages(UserMessage.from("hi")).build())).toolNames()).isNull();
    }

    @Test
    void withoutSnapshotsNothingIsReadAgain() {
        try (SlmEngine forgetful = SlmEngine.embedded(EngineSettings.builder().snapshotBytes(0).build());
                SlmChatModel other = SlmChatModel.builder().engine(forgetful).toolNames(true).build()) {
            assertThat(evidence(other.chat(ChatRequest.builder()
                                    .messages(UserMessage.from("Where is ORD-48213?"))
                                    .toolSpecifications(TOOLS)
                                    .build()))
                            .toolNames())
                    .isNull();
        }
    }

    @Test
    void waysThatDoNotPartAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> engine.weigh(new int[] {1}, List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> engine.weigh(new int[] {1}, List.of(new int[] {5, 6}, new int[] {5, 6, 7})))
                .withMessageContaining("ways 0 and 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> engine.weigh(new int[] {1}, List.of(new int[] {5, 6}, new int[] {6, 6})));
    }

    private static TokenEvidence evidence(ChatResponse response) {
        return ((SlmChatResponseMetadata) response.metadata()).evidence();
    }

    private static int[] beginning(String name) {
        return NamedCalls.beginning(
                engine.tokenizer(), engine.chatFormat(), engine.chatFormat().callSyntax().orElseThrow(), name);
    }

    /** Product over all places of the token's share among the tokens with which any way goes on from the same beginning. */
    private static double[] byBruteForce(int[] prompt, List<int[]> ways) {
        double[] probabilities = new double[ways.size()];
        for (int w = 0; w < ways.size(); w++) {
            int[] way = ways.get(w);
            float[][] logits = Golden.logits(engine, joined(prompt, way));
            double probability = 1;
            for (int i = 0; i < way.length; i++) {
                Set<Integer> next = new HashSet<>();
                for (int[] other : ways) {
                    if (other.length > i && Arrays.equals(other, 0, i, way, 0, i)) {
                        next.add(other[i]);
                    }
                }
                float[] row = logits[prompt.length + i - 1];
                int taken = way[i];
                double sum = next.stream().mapToDouble(token -> Math.exp(row[token] - row[taken])).sum();
                probability /= sum;
            }
            probabilities[w] = probability;
        }
        return probabilities;
    }

    private static double first(int[] prompt, int token) {
        float[] row = Golden.logits(engine, prompt)[prompt.length - 1];
        double sum = 0;
        for (float logit : row) {
            sum += Math.exp(logit - row[token]);
        }
        return 1 / sum;
    }

    private static int[] joined(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
