package dev.outrider.app;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.router.Decision;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.tools.desk.Desk;

/** {@code outrider run} with the embedded model, a real database, and an LLM that misbehaves. */
final class RunCommandTest {

    private static final String REQUEST = "Please cancel ORD-40311.";

    @RegisterExtension
    private static final WireMockExtension LLM = WireMockExtension.newInstance()
            .options(WireMockConfiguration.wireMockConfig().dynamicPort())
            .build();

    @TempDir
    private Path temp;

    private Path policy = Path.of("");

    @BeforeEach
    void makeAPolicyThatAsksTheLlmAlways() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        policy = Files.writeString(
                temp.resolve("policy.yaml"),
                PolicyFiles.defaults()
                        .replace("  - name: money", "  - name: all\n    match: {min-messages: 1}\n    then: escalate\n  - name: money")
                        .replace("first-wait: 500ms", "first-wait: 10ms"));
    }

    @ParameterizedTest
    @CsvSource({"401, 401", "429, 429", "500, 500"})
    void anLlmThatAnswersAnErrorIsRefusedInOneLineAndChangesNothing(int status, String named) throws Exception {
        String before = digest();
        LLM.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(status).withBody("{\"error\":{\"message\":\"no\"}}")));

        String line = ask().failedInOneLine(1);

        assertThat(line).contains(named);
        assertThat(digest()).isEqualTo(before);
    }

    @Test
    void anLlmThatTalksGarbageIsRefused() throws Exception {
        assertThat(answer(aResponse().withStatus(200).withBody("<html>hello</html>"))).isNotBlank();
    }

    @Test
    void anLlmThatSaysNothingIsRefused() throws Exception {
        assertThat(answer(aResponse().withStatus(200))).isNotBlank();
    }

    @Test
    void anLlmThatHangsUpIsRefused() throws Exception {
        assertThat(answer(aResponse().withFault(Fault.EMPTY_RESPONSE))).isNotBlank();
    }

    @Test
    void withoutAnLlmWhatWouldNeedOneIsRefused() throws Exception {
        String line = new Cli(temp).run("run", "--policy", policy.toString(), REQUEST).failedInOneLine(1);

        assertThat(line).contains("OUTRIDER_LLM_URL");
    }

    @Test
    void aFullDiskUnderTheLedgerStopsTheRunBeforeAnythingChanges() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "this system has no /dev/full");
        String before = digest();

        String line = new Cli(temp)
                .run("run", "--db", "desk.db", "--local-only", "--ledger", "/dev/full", REQUEST)
                .failedInOneLine(1);

        assertThat(line).contains("/dev/full");
        assertThat(digest()).isEqualTo(before);
    }

    @Test
    void theAnswerOfAnLlmIsWorkedOnAndToldAsJson() throws Exception {
        LLM.stubFor(any(anyUrl())
                .willReturn(aResponse()
                        .withHeader("Content-Type", "application/json")
                        .withBody(
                                """
                                {"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,
                                "message":{"role":"assistant","content":"It is on its way."},"finish_reason":"stop"}],
                                "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}
                                """)));

        Cli.Result result = configured().run(
                "run", "--db", "desk.db", "--policy", policy.toString(), "--json", REQUEST);

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(result.out());
        assertThat(json.path("outcome").asText()).isEqualTo("ANSWERED");
        assertThat(json.path("text").asText()).isEqualTo("It is on its way.");
        assertThat(json.at("/steps/0/decision").asText()).isEqualTo("escalate:RULE");
        assertThat(Files.readAllLines(temp.resolve("outrider-ledger.jsonl"))).isNotEmpty();
    }

    @Test
    void aBoundThatAuditsOfAnEarlierRunSuspendedStaysSuspended() throws Exception {
        Path ledger = temp.resolve("outrider-ledger.jsonl");
        new Cli(temp).run("run", "--local-only", REQUEST);
        assertThat(Files.readString(ledger)).contains("\"is\":\"accept\"").doesNotContain("CALIBRATION_SUSPENDED");
        CalibrationTable table = PolicyInForce.defaults().table().orElseThrow();
        try (JsonLinesLedger audited = JsonLinesLedger.open(ledger)) {
            for (int i = 0; i < 100; i++) {
                WorkloadCalibration by = table.of("write").orElseThrow();
                String id = "audited-" + i;
                audited.append(DecisionRecord.builder()
                        .id(id)
                        .at(Instant.now())
                        .workload("write")
                        .decision(new Decision.Accept(0.99))
                        .local(new DecisionRecord.Local("small", null, null, null, null, 10, 5, 0.01))
                        .audit(new DecisionRecord.Audit(1, true, null))
                        .calibration(new DecisionRecord.Calibrated(
                                table.version(), 0.99, by.target().kind().name(), by.target().risk(), by.riskBound(), by.n()))
                        .policy("earlier")
                        .build());
                audited.audited(new AuditRecord(
                        DecisionRecord.SCHEMA, id, Instant.now(), "write", 1, false, "big", null, null, 1, 1, 1, 0.1));
            }
        }

        String line = new Cli(temp).run("run", "--local-only", REQUEST).failedInOneLine(1);

        assertThat(line).contains("workload write", table.version(), "is suspended since", "./outrider calibrate");
        assertThat(Files.readString(ledger)).contains("CALIBRATION_SUSPENDED");
    }

    @Test
    void ctrlCWhileTheLlmThinksEndsAtOnceAndLeavesASoundDatabase() throws Exception {
        LLM.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(200).withFixedDelay(60_000)));
        String before = digest();
        Cli.Running running = configured().start("run", "--db", "desk.db", "--policy", policy.toString(), REQUEST);
        // the ledger notes a query before it leaves for the LLM
        Path ledger = temp.resolve("outrider-ledger.jsonl");
        while (running.process().isAlive() && !(Files.exists(ledger) && Files.size(ledger) > 0)) {
            Thread.sleep(50);
        }

        running.signal(Signals.interrupt());

        assertThat(running.end().code()).isEqualTo(Signals.exitCode());
        assertThat(Databases.integrity(temp.resolve("desk.db"))).isEqualTo("ok");
        assertThat(digest()).isEqualTo(before);
    }

    private String answer(ResponseDefinitionBuilder response) throws Exception {
        String before = digest();
        LLM.stubFor(any(anyUrl()).willReturn(response));
        String line = ask().failedInOneLine(1);
        assertThat(digest()).isEqualTo(before);
        return line;
    }

    private Cli.Result ask() throws Exception {
        return configured().run("run", "--db", "desk.db", "--policy", policy.toString(), REQUEST);
    }

    private Cli configured() {
        return new Cli(temp)
                .with("OUTRIDER_LLM_URL", LLM.baseUrl() + "/v1")
                .with("OUTRIDER_LLM_MODEL", "some-model");
    }

    private String digest() {
        try (Desk desk = Desk.open(temp.resolve("desk.db"))) {
            return desk.digest();
        }
    }
}
