package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.CascadeChatResponseMetadata;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.tools.desk.Desk;

/** What the README says is so. */
final class ReadmeTest {

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"example", "streaming"})
    void itsExampleIsTheOneThatIsCompiled(String name) throws Exception {
        String source = Files.readString(
                Repository.root().resolve("app/src/test/java/dev/outrider/app/EmbeddingExample.java"));
        String start = "// @start region=" + name + "\n";
        int begin = source.indexOf(start) + start.length();
        String region = source.substring(begin, source.indexOf("    // @end", begin));

        assertThat(readme()).contains("```java\n" + region.stripTrailing().stripIndent() + "\n```");
    }

    @Test
    void itsExampleRuns() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        String request = "Do we have a Tomas Kowalski on file? Need his customer number for a form.";
        try (SimulatedLlm llm = SimulatedLlm.start(Suite.desk().cases(), SimulatedLlmBehaviour.perfect())) {
            String answer = EmbeddingExample.ask(
                    request,
                    temp,
                    Map.of("OUTRIDER_LLM_URL", llm.baseUrl().toString(), "OUTRIDER_LLM_MODEL", SimulatedLlm.MODEL));

            assertThat(answer).isNotBlank();
            assertThat(Files.readAllLines(temp.resolve("ledger.jsonl"))).isNotEmpty();
        }
    }

    @Test
    void itsStreamSaysHowLongTheAnswerWasHeld() {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        try (SlmChatModel small = SlmChatModel.builder().embedded().build();
                Desk desk = Desk.inMemory();
                CascadeChatModel cascade = CascadeChatModel.builder()
                        .local(small)
                        .catalogue(desk.catalogue())
                        .ledger(new InMemoryLedger())
                        .build()) {
            ChatRequest request = ChatRequest.builder()
                    .messages(UserMessage.from("Please cancel ORD-48213."))
                    .toolSpecifications(desk.catalogue().specifications())
                    .build();
            EmbeddingExample.stream(cascade, request, new StreamingChatResponseHandler() {
                @Override
                public void onCompleteResponse(ChatResponse response) {
                    whole.complete(response);
                }

                @Override
                public void onError(Throwable error) {
                    whole.completeExceptionally(error);
                }
            });

            ChatResponse answer = whole.orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(answer.aiMessage().hasToolExecutionRequests()).isTrue();
            assertThat(((CascadeChatResponseMetadata) answer.metadata()).heldMillis()).isPresent();
        }
    }

    @Test
    void itsLinksLeadSomewhere() throws Exception {
        List<String> broken = new ArrayList<>();
        for (MatchResult link : Pattern.compile("\\]\\((?!https?:|#)([^)#]+)").matcher(readme()).results().toList()) {
            if (!Files.exists(Repository.root().resolve(link.group(1)))) {
                broken.add(link.group(1));
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void itNamesEveryCommandThereIs() throws Exception {
        assertThat(readme())
                .contains("./outrider demo", "./outrider run", "./outrider eval", "./outrider policy check", "./outrider slm info",
                        "slm generate", "slm tokenize", "slm logits", "slm bench");
    }

    private static String readme() throws Exception {
        return Files.readString(Repository.root().resolve("README.md"));
    }
}
