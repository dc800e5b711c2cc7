package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sixty-four conversations at once with the model that ships: every answer is the one that is given when nothing else runs. */
class ManyConversationsTest {

    private static final int CONVERSATIONS = 64;
    private static final int SCRIPTS = 20;
    private static final int TURNS = 3;
    private static final long SNAPSHOT_BYTES = 24 << 20;

    private static final List<ToolSpecification> TOOLS = Stream.of("get_order", "track_shipment", "cancel_order", "refund_order")
            .map(name -> ToolSpecification.builder()
                    .name(name)
                    .parameters(JsonObjectSchema.builder()
                            .addStringProperty("order_id")
                            .required("order_id")
                            .build())
                    .build())
            .toList();

    /** A conversation with the requests of its turns and the answers that are right. */
    private record Script(List<ChatRequest> requests, List<String> answers) {}

    @Test
    void sixty_four_conversations_for_twenty_seconds() throws Exception {
        converse(Duration.ofSeconds(15), new Random().nextLong());
    }

    @Test
    @Tag("long")
    void sixty_four_conversations_for_ten_minutes() throws Exception {
        converse(Duration.ofMinutes(10), new Random().nextLong());
    }

    private static void converse(Duration time, long seed) throws Exception {
        List<Script> scripts = scripts(new Random(seed));
        EngineSettings settings = EngineSettings.builder()
                .maxRunning(CONVERSATIONS)
                .snapshotBytes(SNAPSHOT_BYTES)
                .build();
        AtomicLong reused = new AtomicLong();
        AtomicLong answered = new AtomicLong();
        try (SlmEngine engine = SlmEngine.load(EmbeddedModel.file(), settings);
                SlmChatModel model = model(engine);
                ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory())) {
            long end = System.nanoTime() + time.toNanos();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CONVERSATIONS; i++) {
                Random random = new Random(seed + i);
                all.add(threads.submit(() -> {
                    while (System.nanoTime() < end) {
                        int number = random.nextInt(SCRIPTS);
                        Script script = scripts.get(number);
                        for (int turn = 0; turn < TURNS; turn++) {
                            ChatResponse response = model.chat(script.requests.get(turn));
                            assertThat(written(response.aiMessage()))
                                    .as("seed %d, script %d, turn %d", seed, number, turn)
                                    .isEqualTo(script.answers.get(turn));
                            reused.addAndGet(((SlmChatResponseMetadata) response.metadata()).reusedTokens());
                            answered.incrementAndGet();
                        }
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
            assertThat(engine.stats().waiting()).isZero();
            assertThat(engine.stats().stateBytes()).isZero();
            assertThat(engine.stats().rows()).as("positions read").isGreaterThan(engine.stats().steps());
            assertThat(engine.prefixStats().bytes()).isLessThanOrEqualTo(SNAPSHOT_BYTES);
        }
        assertThat(answered.get()).isGreaterThanOrEqualTo(CONVERSATIONS * TURNS);
        assertThat(reused.get()).isGreaterThan(answered.get());
    }

    private static SlmChatModel model(SlmEngine engine) {
        return SlmChatModel.builder().engine(engine).seed(11L).maxOutputTokens(24).build();
    }

    /** Writes the scripts with an engine that runs one request at a time and keeps nothing. */
    private static List<Script> scripts(Random random) {
        EngineSettings alone = EngineSettings.builder().maxRunning(1).snapshotBytes(0).build();
        List<Script> scripts = new ArrayList<>();
        try (SlmEngine engine = SlmEngine.load(EmbeddedModel.file(), alone);
                SlmChatModel model = model(engine)) {
            for (int i = 0; i < SCRIPTS; i++) {
                Script script = new Script(new ArrayList<>(), new ArrayList<>());
                List<ChatMessage> messages = new ArrayList<>();
                messages.add(SystemMessage.from("You are the desk assistant of shop " + i % 4 + "."));
                for (int turn = 0; turn < TURNS; turn++) {
                    messages.add(UserMessage.from(question(random)));
                    ChatRequest request = ChatRequest.builder()
                            .messages(messages)
                            .toolSpecifications(i % 3 == 0 ? List.of() : TOOLS)
                            .temperature(i % 2 * 0.8)
                            .build();
                    AiMessage answer = model.chat(request).aiMessage();
                    script.requests.add(request);
                    script.answers.add(written(answer));
                    // some turns come back with an answer of somebody else
                    messages.add(random.nextBoolean() ? AiMessage.from("It is on its way.") : answer);
                    for (ToolExecutionRequest call : ((AiMessage) messages.getLast()).toolExecutionRequests()) {
                        messages.add(ToolExecutionResultMessage.from(call, "{\"status\":\"shipped\"}"));
                    }
                }
                scripts.add(script);
            }
        }
        return scripts;
    }

    private static String question(Random random) {
        String order = "ORD-" + (10_000 + random.nextInt(90_000));
        return List.of("Where is " + order + "?", "Please cancel " + order + ".", "hi there", "Has " + order + " left the house yet?")
                .get(random.nextInt(4));
    }

    /** An answer without the ids of its calls, which are made at random. */
    private static String written(AiMessage message) {
        return message.text() + message.toolExecutionRequests().stream()
                .map(call -> call.name() + call.arguments())
                .toList();
    }
}
