package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.chat.Prompt;

/** The chat model on a real engine with random weights: what it says means nothing, how it behaves does. */
class SlmChatModelOnEngineTest {

    @TempDir
    static Path directory;

    private SlmEngine engine;
    private SlmChatModel model;

    @BeforeEach
    void load() {
        engine = SlmEngine.load(Golden.copy("f32-2.gguf", directory), 2);
        model = SlmChatModel.builder().engine(engine).maxOutputTokens(8).build();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void aRequestIsAnsweredWithUsageAndEvidence() {
        ChatResponse response = model.chat(ChatRequest.builder()
                .messages(UserMessage.from("Hello there"))
                .build());
        TokenEvidence evidence = ((SlmChatResponseMetadata) response.metadata()).evidence();
        int[] prompt = engine.chatFormat().prompt(List.of(UserMessage.from("Hello there")), List.of()).tokens();
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(prompt.length);
        assertThat(response.tokenUsage().outputTokenCount())
                .isEqualTo(evidence.tokens().size())
                .isBetween(1, 8);
        assertThat(response.finishReason()).isNotNull();
        assertThat(response.modelName()).isEqualTo(engine.info().name());
        assertThat(evidence.tokens().getFirst().decision()).isTrue();
        assertThat(evidence.smallestDecisionProbability()).isPresent();
        assertThat(evidence.tokens()).allMatch(token -> token.probability() > 0 && token.probability() <= 1);
    }

    @Test
    void aRequestThatDoesNotFitNamesBothNumbers() {
        String text = "word ".repeat(engine.contextLength());
        int tokens = engine.chatFormat().prompt(List.of(UserMessage.from(text)), List.of()).tokens().length;
        assertThatExceptionOfType(ContextLengthException.class)
                .isThrownBy(() -> model.chat(text))
                .withMessageContaining(String.valueOf(tokens + 1))
                .withMessageContaining(String.valueOf(engine.contextLength()));
    }

    @Test
    void toolsAreRefusedWhereTheFormatHasNone() {
        assertThatExceptionOfType(UnsupportedFeatureException.class)
                .isThrownBy(() -> model.chat(ChatRequest.builder()
                        .messages(UserMessage.from("x"))
                        .toolSpecifications(ToolSpecification.builder().name("t").build())
                        .build()))
                .withMessageContaining("chatml has no tool calls");
    }

    @Test
    void manyThreadsGetTheAnswersThatOneThreadGets() throws ExecutionException, InterruptedException {
        List<String> questions = IntStream.range(0, 12).mapToObj(i -> "question " + i).toList();
        List<String> alone = questions.stream().map(model::chat).toList();
        List<Future<String>> together = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            questions.forEach(question -> together.add(threads.submit(() -> model.chat(question))));
        }
        for (int i = 0; i < questions.size(); i++) {
            assertThat(together.get(i).get()).isEqualTo(alone.get(i));
        }
    }

    private static int reused(ChatResponse response) {
        return ((SlmChatResponseMetadata) response.metadata()).reusedTokens();
    }

    @Test
    void aConversationThatComesBackReadsOnlyWhatIsNewAndIsAnsweredAsIfReadAnew() {
        SystemMessage system = SystemMessage.from("You are at the desk of a shop, and this is the same for everybody.");
        List<ChatMessage> messages = new ArrayList<>(List.of(system, UserMessage.from("first question")));
        Prompt first = engine.chatFormat().prompt(messages, List.of());
        assertThat(reused(model.chat(request(messages)))).isZero();
        // asked again, all but the opening of the answer's turn is known
        assertThat(reused(model.chat(request(messages)))).isEqualTo(first.boundaries().turn());
        messages.add(AiMessage.from("an answer that another model gave"));
        messages.add(UserMessage.from("second question"));
        ChatResponse response = model.chat(request(messages));
        assertThat(reused(response)).isEqualTo(first.boundaries().turn());
        List<ChatMessage> stranger = List.of(system, UserMessage.from("somebody else"));
        assertThat(reused(model.chat(request(stranger)))).isEqualTo(first.boundaries().preamble()).isPositive();

        EngineSettings forgetful = EngineSettings.builder().snapshotBytes(0).build();
        try (SlmEngine other = SlmEngine.load(directory.resolve("f32-2.gguf"), forgetful)) {
            ChatResponse anew = SlmChatModel.builder().engine(other).maxOutputTokens(8).build().chat(request(messages));
            assertThat(reused(anew)).isZero();
            assertThat(anew.aiMessage()).isEqualTo(response.aiMessage());
            assertThat(((SlmChatResponseMetadata) anew.metadata()).evidence().tokens())
                    .isEqualTo(((SlmChatResponseMetadata) response.metadata()).evidence().tokens());
        }
    }

    private static ChatRequest request(List<ChatMessage> messages) {
        return ChatRequest.builder().messages(messages).build();
    }

    @Test
    @Timeout(60)
    void anInterruptEndsARunningGeneration() throws InterruptedException {
        SlmChatModel endless = SlmChatModel.builder()
                .engine(engine)
                .temperature(1.0)
                .seed(1L)
                .maxOutputTokens(Integer.MAX_VALUE)
                .build();
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    endless.chat("go on");
                }
            } catch (GenerationInterruptedException e) {
                outcome.complete(Thread.currentThread().isInterrupted() ? e : new AssertionError("status lost"));
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        TimeUnit.MILLISECONDS.sleep(200);
        thread.interrupt();
        assertThat(outcome.join()).isInstanceOf(GenerationInterruptedException.class);
    }

    @Test
    void anEngineThatWasHandedInStaysOpenAndOneThatWasLoadedIsClosed() {
        model.close();
        assertThat(model.chat("still here")).isNotNull();
        SlmChatModel own = SlmChatModel.builder()
                .modelPath(directory.resolve("f32-2.gguf"))
                .maxOutputTokens(1)
                .build();
        assertThat(own.chat("x")).isNotNull();
        own.close();
        own.close();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> own.chat("x"));
    }
}
