package dev.outrider.app;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.suite.Suite;

/** {@code outrider eval} with cases that an LLM judges: a real command, a real server, money that is counted apart. */
final class EvalJudgeTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CASES = 8;

    @RegisterExtension
    private static final WireMockExtension JUDGE = WireMockExtension.newInstance()
            .options(WireMockConfiguration.wireMockConfig().dynamicPort())
            .build();

    @TempDir
    private Path temp;

    @BeforeEach
    void writeASuiteOfRepliesToBeJudged() throws IOException {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        List<String> lines = new ArrayList<>();
        for (String line : resource("desk.jsonl").lines().toList()) {
            ObjectNode node = (ObjectNode) JSON.readTree(line);
            if (node.path("category").asText().equals("reply") && lines.size() < CASES) {
                node.put("match", "llm-judge");
                node.putObject("expected").put("no_call", true).put("reference_text", "Here you are: " + lines.size() + ".");
                lines.add(node.toString());
            }
        }
        Files.write(temp.resolve("mine.jsonl"), lines);
        Files.writeString(temp.resolve("toolsets.json"), resource("desk-toolsets.json"));
        says("TIE");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(Suite.class.getResourceAsStream("/dev/outrider/evals/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void says(String word) {
        JUDGE.stubFor(any(anyUrl()).willReturn(aResponse().withHeader("Content-Type", "application/json").withBody("""
                {"id":"1","object":"chat.completion","created":1,"model":"wise","choices":[{"index":0,"message":{"role":"assistant",
                "content":"%s"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010}}
                """.formatted(word))));
    }

    private Cli.Result eval(String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "eval", "mine.jsonl", "--out", "r", "--json", "--judge", "wise", "--judge-url", JUDGE.baseUrl() + "/v1", "--judge-price", "10,100"));
        command.addAll(List.of(more));
        return new Cli(temp).with("OUTRIDER_JUDGE_KEY", "key-of-the-judge").run(command.toArray(String[]::new));
    }

    private static int asked() {
        return JUDGE.getAllServeEvents().size();
    }

    @Test
    void repliesAreJudgedBlindlyInBothOrdersAndPaidApart() throws Exception {
        Cli.Result result = eval();

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode judge = JSON.readTree(result.out()).path("judge");
        int replies = judge.path("replies").asInt();
        assertThat(replies).isPositive();
        assertThat(judge.at("/outcomes/tie").asInt()).isEqualTo(replies);
        assertThat(judge.path("calls").asInt()).isEqualTo(2 * replies).isEqualTo(asked());
        // 1000 tokens at $10 and 10 tokens at $100 a million
        assertThat(judge.path("usd").asDouble()).isEqualTo(2 * replies * 0.011);
        assertThat(JSON.readTree(result.out()).at("/cost/routedUsd").asDouble()).isLessThan(0.011);
        List<String> firsts = new ArrayList<>();
        List<String> seconds = new ArrayList<>();
        for (var event : JUDGE.getAllServeEvents()) {
            assertThat(event.getRequest().getHeader("Authorization")).isEqualTo("Bearer key-of-the-judge");
            JsonNode sent = JSON.readTree(event.getRequest().getBodyAsString());
            assertThat(sent.path("model").asText()).isEqualTo("wise");
            assertThat(sent.path("max_tokens").asInt() + sent.path("max_completion_tokens").asInt()).isPositive();
            assertThat(sent.path("messages").toString()).doesNotContainIgnoringCase("reference");
            JsonNode material = JSON.readTree(sent.at("/messages/1/content").asText());
            firsts.add(material.path("first").asText());
            seconds.add(material.path("second").asText());
        }
        assertThat(firsts).containsExactlyInAnyOrderElementsOf(seconds).anyMatch(text -> text.startsWith("Here you are"));
        assertThat(Files.readString(temp.resolve("r/report.md"))).contains("judged by wise", "no part of the money above");
        assertThat(Files.readString(temp.resolve("r/report.html"))).contains("judged by wise", replies + " as good");

        Cli.Result again = eval();
        assertThat(JSON.readTree(again.out()).path("judge")).isEqualTo(judge);
        assertThat(asked()).as("nothing is judged twice").isEqualTo(2 * replies);
        assertThat(new Cli(temp)
                        .run("eval", "mine.jsonl", "--out", "r", "--judge", "other", "--judge-url", JUDGE.baseUrl(), "--judge-price", "1,1")
                        .failedInOneLine(2))
                .contains("holds another run (judge wise, now other)");
    }

    @Test
    void theMoneyLimitHoldsForJudgeAndCascadeTogether() throws Exception {
        // a call is 0.1124 at most and 0.011 in the end: enough for some and not for all
        Cli.Result poor = eval("--max-usd", "0.15", "--concurrency", "1");

        assertThat(poor.code()).as(poor.err()).isZero();
        JsonNode report = JSON.readTree(poor.out());
        assertThat(report.path("partial").asBoolean()).as(poor.out()).isTrue();
        assertThat(report.at("/judge/usd").asDouble()).isPositive();
        assertThat(report.at("/judge/usd").asDouble() + report.at("/cost/routedUsd").asDouble()).isLessThanOrEqualTo(0.15);
        assertThat(report.path("notes").toString()).contains("the money limit of $0.15 does not cover the judge's next call");
        int before = asked();

        Cli.Result rich = eval("--max-usd", "5");
        JsonNode whole = JSON.readTree(rich.out());
        assertThat(whole.path("partial").asBoolean()).as(rich.err()).isFalse();
        assertThat(whole.path("queries").asInt()).isEqualTo(CASES);
        assertThat(whole.at("/judge/calls").asInt()).isEqualTo(asked()).isGreaterThan(before);
    }

    @Test
    void aJudgeThatIsDeadEndsTheRunAndARerunGoesOn() throws Exception {
        JUDGE.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(404).withBody("no such model")));
        JsonNode report = JSON.readTree(eval().out());
        assertThat(report.path("partial").asBoolean()).isTrue();
        assertThat(report.path("notes").toString()).contains("the judge wise gave no verdict (it answered 404", "a rerun goes on");

        // it goes by the place: counted, and decides nothing
        says("SECOND");
        JsonNode whole = JSON.readTree(eval().out());
        assertThat(whole.path("partial").asBoolean()).isFalse();
        assertThat(whole.at("/judge/outcomes/swayed").asInt()).isPositive().isEqualTo(whole.at("/judge/replies").asInt());
        assertThat(whole.path("queries").asInt()).isEqualTo(CASES);
    }

    @Test
    void whatIsMissingIsNamedBeforeAnythingRuns() throws Exception {
        assertThat(new Cli(temp).run("eval", "mine.jsonl", "--out", "x").failedInOneLine(2))
                .contains("mine.jsonl:1: " + CASES + " case(s) say match llm-judge, and no judge is named", "--judge MODEL");
        assertThat(new Cli(temp).run("eval", "mine.jsonl", "--out", "x", "--judge", "wise").failedInOneLine(2))
                .contains("--judge wise is at no endpoint", "--judge-url");
        String url = JUDGE.baseUrl();
        assertThat(new Cli(temp).run("eval", "mine.jsonl", "--out", "x", "--judge", "wise", "--judge-url", url).failedInOneLine(2))
                .contains("--judge wise has no price", "--judge-price IN,OUT");
        assertThat(new Cli(temp)
                        .run("eval", "mine.jsonl", "--out", "x", "--judge", "wise", "--judge-url", url, "--judge-price", "0,1")
                        .failedInOneLine(2))
                .contains("--judge-price must be two amounts above 0").endsWith("but is 0,1");
        assertThat(new Cli(temp)
                        .run("eval", "mine.jsonl", "--out", "x", "--judge", "wise", "--judge-url", "wise.example", "--judge-price", "1,1")
                        .failedInOneLine(2))
                .contains("--judge-url must start with http:// or https://");
        assertThat(temp.resolve("x")).doesNotExist();
    }
}
