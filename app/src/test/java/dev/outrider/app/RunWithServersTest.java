package dev.outrider.app;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.LedgerReader;

/** {@code outrider run} with a small model behind a server, budgets that outlive the process, and a policy that changes. */
final class RunWithServersTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    private static final WireMockExtension SMALL = server();

    @RegisterExtension
    private static final WireMockExtension BIG = server();

    @TempDir
    private Path temp;

    private Path policy = Path.of("");

    private static WireMockExtension server() {
        return WireMockExtension.newInstance()
                .options(WireMockConfiguration.wireMockConfig().dynamicPort())
                .build();
    }

    @BeforeEach
    void bothModelsAnswer() throws IOException {
        policy = temp.resolve("policy.yaml");
        put("v1", "10");
        say(SMALL, "At home.", logProbability(-0.01));
        say(BIG, "From the LLM.", "");
    }

    /** As editors do it: a new file in place of the old one. */
    private void put(String version, String dollars) throws IOException {
        Path next = Files.writeString(
                temp.resolve("next.yaml"),
                """
                version: %s
                models:
                  local:
                    usd-per-hour: 0.10
                    server: {url: '%s/v1', model: qwen, key-variable: GPU_KEY, words-decide: true}
                  remote: {usd-per-million-input-tokens: 1000, usd-per-million-output-tokens: 1000, max-output-tokens: 10}
                workloads:
                  - {name: all, uncalibrated: threshold, min-probability: 0.9, thinking: on, max-think-tokens: 64}
                budgets:
                  - {name: day, limit: %s, on-exhausted: refuse}
                audit: {rate: 0}
                """
                        .formatted(version, SMALL.baseUrl(), dollars));
        Files.move(next, policy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String logProbability(double value) {
        return ",\"logprobs\":{\"content\":[{\"token\":\"At home.\",\"logprob\":" + value
                + ",\"bytes\":null,\"top_logprobs\":[]}]}";
    }

    private static void say(WireMockExtension server, String text, String more) {
        server.stubFor(any(anyUrl())
                .willReturn(aResponse()
                        .withHeader("Content-Type", "application/json")
                        .withBody(
                                """
                                {"id":"1","object":"chat.completion","created":1,"model":"qwen","choices":[{"index":0,"message":{
                                "role":"assistant","content":"%s"}%s,"finish_reason":"stop"}],
                                "usage":{"prompt_tokens":8000,"completion_tokens":5,"total_tokens":8005}}
                                """
                                        .formatted(text, more))));
    }

    private Cli cli() {
        return new Cli(temp)
                .with("GPU_KEY", "key-of-the-gpu")
                .with("OUTRIDER_LLM_URL", BIG.baseUrl() + "/v1")
                .with("OUTRIDER_LLM_MODEL", "big");
    }

    private List<DecisionRecord> records(String ledger) {
        try (Stream<LedgerEntry> entries =
                LedgerReader.of(temp.resolve(ledger), null).entries()) {
            return entries.filter(DecisionRecord.class::isInstance)
                    .map(DecisionRecord.class::cast)
                    .toList();
        }
    }

    @Test
    void theServerOfThePolicyAnswersFirstAndIsTakenByItsLogProbabilities() throws Exception {
        Cli.Result result = cli().run("run", "--policy", policy.toString(), "--json", "--ledger", "decisions.db", "Where is it?");

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode json = JSON.readTree(result.out());
        assertThat(json.path("text").asText()).isEqualTo("At home.");
        assertThat(json.path("answeredLocally").asInt()).isEqualTo(1);
        assertThat(BIG.getAllServeEvents()).isEmpty();
        JsonNode sent = JSON.readTree(SMALL.getAllServeEvents().getFirst().getRequest().getBodyAsString());
        assertThat(sent.path("model").asText()).isEqualTo("qwen");
        assertThat(sent.path("logprobs").asBoolean()).isTrue();
        assertThat(sent.at("/chat_template_kwargs/enable_thinking").asBoolean()).isTrue();
        assertThat(SMALL.getAllServeEvents().getFirst().getRequest().getHeader("Authorization"))
                .isEqualTo("Bearer key-of-the-gpu");
        assertThat(Files.readAllBytes(temp.resolve("decisions.db"))).startsWith("SQLite format 3".getBytes());
        assertThat(records("decisions.db")).singleElement().satisfies(record -> {
            assertThat(record.answeredLocally()).isTrue();
            assertThat(record.local()).isNotNull();
        });
    }

    @Test
    void withoutLogProbabilitiesTheLlmIsAsked() throws Exception {
        say(SMALL, "At home.", "");

        Cli.Result result = cli().run("run", "--policy", policy.toString(), "--json", "Where is it?");

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode json = JSON.readTree(result.out());
        assertThat(json.path("text").asText()).isEqualTo("From the LLM.");
        assertThat(json.at("/steps/0/decision").asText()).isEqualTo("escalate:NO_EVIDENCE");
    }

    @Test
    void aModelFileAndAServerAreOneTooMany() throws Exception {
        String line = cli().run("run", "--policy", policy.toString(), "--model", "some.gguf", "Where is it?")
                .failedInOneLine(2);

        assertThat(line).contains("--model", "models.local.server", SMALL.baseUrl());
    }

    @Test
    void explainAsksTheServerAndNobodyElse() throws Exception {
        Cli.Result result = cli().run("policy", "explain", "--policy", policy.toString(), "--json", "Where is it?");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(JSON.readTree(result.out()).path("decision").asText()).isEqualTo("accept");
        assertThat(SMALL.getAllServeEvents()).hasSize(1);
        assertThat(BIG.getAllServeEvents()).isEmpty();
    }

    /** Asking the LLM costs eight dollars, so that ten are enough for one query and not for two. */
    @Test
    void whatWasSpentIsRememberedByTheNextProcess() throws Exception {
        say(SMALL, "At home.", logProbability(-5));
        Cli.Result first = cli().run("run", "--policy", policy.toString(), "--json", "Where is it?");
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(JSON.readTree(first.out()).path("remoteUsd").asDouble()).isEqualTo(8.005);

        Cli.Result second = cli().run("run", "--policy", policy.toString(), "Where is it?");

        assertThat(second.failedInOneLine(1)).contains("budget \"day\"");
        assertThat(BIG.getAllServeEvents()).hasSize(1);
        assertThat(temp.resolve("outrider-budgets.db")).exists();

        Cli.Result elsewhere = cli().run(
                "run", "--policy", policy.toString(), "--budgets", "others.db", "--json", "Where is it?");
        assertThat(elsewhere.code()).as(elsewhere.err()).isZero();
    }

    @Test
    void linesAreRequestsAndAChangedPolicyHoldsFromTheNextOneOn() throws Exception {
        Cli.Running running = cli().start("run", "--policy", policy.toString(), "--json", "--lines");
        running.type("Where is the first?");
        running.awaitOutput("the first?");

        put("broken", "nothing");
        awaitNote(running, "policy v1 goes on to hold");
        running.type("Where is the second?");
        running.awaitOutput("the second?");

        put("v2", "10");
        running.type("");
        do {
            running.type("Where is the last?");
            Thread.sleep(200);
        } while (running.process().isAlive()
                && records("outrider-ledger.jsonl").stream().noneMatch(record -> record.policy().equals("v2")));
        running.process().getOutputStream().close();
        Cli.Result result = running.end();

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.err()).contains("policy.yaml:10:", "limit").doesNotContain("\tat ");
        List<String> policies = records("outrider-ledger.jsonl").stream().map(DecisionRecord::policy).toList();
        assertThat(policies).startsWith("v1", "v1").endsWith("v2").doesNotContain("broken");
        assertThat(result.out().lines()).hasSameSizeAs(policies);
        for (String line : result.out().lines().toList()) {
            assertThat(JSON.readTree(line).path("queries").asInt()).isEqualTo(1);
        }
    }

    private static void awaitNote(Cli.Running running, String text) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!Files.readString(running.err()).contains(text)) {
            assertThat(System.nanoTime()).as(Files.readString(running.err())).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    @Test
    void aRequestThatFailsDoesNotEndTheLines() throws Exception {
        say(SMALL, "At home.", logProbability(-5));
        Cli.Running running = cli().start("run", "--policy", policy.toString(), "--local-only", "--lines");
        running.type("One.");
        running.type("Two.");
        running.process().getOutputStream().close();
        Cli.Result result = running.end();

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err().lines().filter(line -> line.startsWith("outrider: ") && line.contains("OUTRIDER_LLM_URL")))
                .hasSize(2);
    }

    @Test
    void wordsAndLinesAreOneTooMany() throws Exception {
        assertThat(cli().run("run", "--lines", "Where is it?").failedInOneLine(2)).contains("--lines");
    }
}
