package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code outrider policy explain}, with the embedded model. */
final class PolicyExplainCommandTest {

    private static final String REQUEST = "Has ORD-48213 left the house yet?";

    @TempDir
    private Path temp;

    private Cli cli = new Cli(Path.of(""));

    @BeforeEach
    void beInAFolderOfOnesOwn() {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        cli = new Cli(temp);
    }

    private Path policy(String from, String to) throws Exception {
        String text = PolicyFiles.defaults();
        assertThat(text).contains(from);
        return Files.writeString(temp.resolve("policy.yaml"), text.replace(from, to));
    }

    @Test
    void saysWhatWouldHappenAndBecauseOfWhat() throws Exception {
        Cli.Result result = cli.run("policy", "explain", REQUEST);

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .containsPattern("(?m)^policy +default-")
                .containsPattern("(?m)^workload +read \\(.+\\), mode enforce$")
                .containsPattern("(?m)^may leave +any$")
                .containsPattern("(?m)^budget +day: .*5.* left$")
                .containsPattern("(?m)^LLM +none configured$")
                .containsPattern("(?m)^local answer +.*ORD-48213")
                .containsPattern("(?m)^evidence +least certain of \\d+ decisions 0\\.\\d{3}; right with probability 0\\.\\d{3}$")
                .containsPattern("(?m)^demanded +probability 0\\.\\d{3} for a joint risk .*bound 0\\.\\d+ from n = \\d+, expires 20")
                .containsPattern("(?m)^decision +(accept|escalate:LOW_CONFIDENCE)")
                .containsPattern("(?m)^So .+\\.$");
        assertThat(temp.toFile().list()).as("nothing is written").noneMatch(name -> name.startsWith("outrider-"));
    }

    @Test
    void aRuleThatSendsItToTheLlmIsNamedAndNothingIsSent() throws Exception {
        Path rule = policy(
                "  - name: money", "  - name: vip\n    match: {label: vip}\n    then: escalate\n    egress: redacted\n  - name: money");

        Cli.Result result = cli.with("OUTRIDER_LLM_URL", "http://127.0.0.1:9/v1")
                .with("OUTRIDER_LLM_MODEL", "some-model")
                .run("policy", "explain", "--policy", rule.toString(), "--label", "vip", "--json", REQUEST);

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(result.out());
        assertThat(json.path("workload").asText()).isEqualTo("vip");
        assertThat(json.path("egress").asText()).isEqualTo("redacted");
        assertThat(json.path("decision").asText()).isEqualTo("escalate:RULE");
        assertThat(json.path("models")).hasSize(1);
        assertThat(json.path("leaseMicroUsd").asLong()).isPositive();
        assertThat(json.path("budgets").get(0).path("available").asLong())
                .isEqualTo(json.path("budgets").get(0).path("limit").asLong());
        assertThat(json.has("answer")).as("the small model was not needed").isFalse();
    }

    @Test
    void offersOnlyTheToolsThatWereNamed() throws Exception {
        Cli.Result result = cli.run(
                "policy", "explain", "--tools", "find_customer", "--json", "Please cancel ORD-48213.");

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(result.out());
        assertThat(json.path("answer").asText() + " " + json.path("decision").asText())
                .as("a call of a tool that was not offered is not taken")
                .doesNotContainPattern("cancel_order.* accept");
        assertThat(cli.run("policy", "explain", "--json", "Please cancel ORD-48213.").out()).contains("cancel_order");
    }

    @Test
    void whatIsGivenWronglyIsToldInOneLine() throws Exception {
        assertThat(cli.run("policy", "explain").failedInOneLine(2)).contains("there is no request");
        assertThat(cli.run("policy", "explain", "--tools", "fly", REQUEST).failedInOneLine(2))
                .contains("no tool fly", "find_customer");
        assertThat(cli.run("policy", "explain", "--suite-case", "no-such", "--json").failedInOneLine(2))
                .contains("no case no-such");
        Path bad = policy("usd-per-hour", "usd-per-our");
        assertThat(cli.run("policy", "explain", "--policy", bad.toString(), REQUEST).failedInOneLine(2))
                .contains("policy.yaml:6:5: unknown key models.local.usd-per-our; did you mean usd-per-hour?");
    }
}
