package dev.outrider.agents;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.langchain4j.model.chat.ChatModel;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.agents.AgentCall.Status;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.Decision;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.tools.desk.Desk;

/** The agent with everything real: a database in a file, the cascade, an LLM over HTTP, and the embedded model. */
final class DeskAgentTest {

    private static final String COMPLETIONS = "/v1/chat/completions";

    @RegisterExtension
    private static final WireMockExtension LLM = WireMockExtension.newInstance()
            .options(WireMockConfiguration.wireMockConfig().dynamicPort())
            .build();

    @TempDir
    private Path temp;

    private final InMemoryLedger ledger = new InMemoryLedger();
    private @Nullable Desk desk;

    @BeforeEach
    void openTheDesk() {
        desk = Desk.open(temp.resolve("desk.db"));
    }

    @AfterEach
    void closeTheDesk() {
        desk().close();
    }

    @Test
    void callsOfAnLlmRunOnTheDatabaseAndItsTextIsTheAnswer() {
        answers("start", "called", call("cancel_order", "{\\\"order_id\\\":\\\"" + openOrder() + "\\\"}"));
        answers("called", "done", text("Done, it is cancelled."));
        String before = desk().digest();

        AgentRun run = agent(new ScriptedModel().says("no evidence").says("no evidence")).run("Cancel it.");

        assertThat(run.outcome()).as(run.reason()).isEqualTo(Outcome.ANSWERED);
        assertThat(run.finalText()).isEqualTo("Done, it is cancelled.");
        assertThat(run.calls()).singleElement().satisfies(call -> assertThat(call.outcome().text()).contains("cancelled"));
        assertThat(desk().digest()).isNotEqualTo(before);
        assertThat(run.steps()).allSatisfy(step -> assertThat(step.decision()).isInstanceOf(Decision.Escalate.class));
        assertThat(ledger.records()).hasSize(2);
    }

    @Test
    void anLlmThatNamesAToolThatIsNotOfferedChangesNothing() {
        answers("start", "start", call("drop_tables", "{}"));
        String before = desk().digest();

        AgentRun run = agent(new ScriptedModel().says("no evidence")).run("Clean up.");

        assertThat(run.outcome()).isIn(Outcome.REFUSED, Outcome.STEP_LIMIT, Outcome.FAILED);
        assertThat(run.count(Status.RAN)).isZero();
        assertThat(run.reason()).isNotBlank().doesNotContain("\n");
        assertThat(desk().digest()).isEqualTo(before);
    }

    @Test
    void anLlmThatAnswers401IsARefusalInOneLine() {
        LLM.stubFor(post(urlPathEqualTo(COMPLETIONS)).willReturn(aResponse().withStatus(401)));

        AgentRun run = agent(new ScriptedModel().says("no evidence")).run("Cancel it.");

        assertThat(run.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(run.reason()).contains("401").doesNotContain("\n");
        assertThat(run.steps()).isEmpty();
        assertThat(ledger.records()).hasSize(1);
    }

    @Test
    void theEmbeddedModelDecidesWithinTheSameLoop() {
        assumeTrue(
                SlmChatModel.class.getResource("/dev/outrider/slm/models/desk.gguf") != null,
                "this build carries no embedded model");
        LLM.stubFor(post(urlPathEqualTo(COMPLETIONS)).willReturn(completion(text("Asked the large one."))));
        try (SlmChatModel small = SlmChatModel.builder().embedded().build()) {
            AgentRun run = agent(small).run("Has ORD-48213 left the house yet?");

            assertThat(run.outcome()).as(run.reason()).isIn(Outcome.ANSWERED, Outcome.STEP_LIMIT);
            assertThat(ledger.records())
                    .isNotEmpty()
                    .allSatisfy(record -> assertThat(record.local()).isNotNull());
        }
    }

    private Agent agent(ChatModel local) {
        // typed thresholds: no calibration holds for a scripted model
        Policy policy = Policy.parse("test.yaml", """
                version: test
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                workloads:
                  - {name: money, match: {effect: money}, uncalibrated: threshold, min-probability: 0.97}
                  - {name: write, match: {effect: write}, uncalibrated: threshold, min-probability: 0.90}
                  - {name: read, uncalibrated: threshold, min-probability: 0.80}
                budgets:
                  - {name: day, limit: 5.00, per: 1d, on-exhausted: answer-locally}
                """);
        CascadeChatModel cascade = CascadeChatModel.builder()
                .local(local)
                .remote(RemoteModels.openAiCompatible(LLM.baseUrl() + "/v1", null, "some-model", policy.resilience().timeout()))
                .policy(policy)
                .catalogue(desk().catalogue())
                .ledger(ledger)
                .build();
        return Agent.builder()
                .model(cascade)
                .catalogue(desk().catalogue())
                .maxSteps(4)
                .workload("desk")
                .build();
    }

    /** An order that may still be cancelled, found as an agent would find it. */
    private String openOrder() {
        for (String customer : new String[] {"C-8320", "C-3142", "C-3071", "C-8419", "C-3359"}) {
            String orders = desk().catalogue()
                    .execute(ScriptedModel.call(
                            "x", "list_orders", "{\"customer_id\":\"" + customer + "\",\"status\":\"open\"}"))
                    .text();
            int at = orders.indexOf("ORD-");
            if (at >= 0) {
                return orders.substring(at, at + "ORD-00000".length());
            }
        }
        throw new AssertionError("the seeded shop has no open order");
    }

    private Desk desk() {
        return Objects.requireNonNull(desk, "opened before every test");
    }

    private static void answers(String when, String then, String message) {
        LLM.stubFor(post(urlPathEqualTo(COMPLETIONS))
                .inScenario("conversation")
                .whenScenarioStateIs(when.equals("start") ? Scenario.STARTED : when)
                .willSetStateTo(then.equals("start") ? Scenario.STARTED : then)
                .willReturn(completion(message)));
    }

    private static ResponseDefinitionBuilder completion(String message) {
        return aResponse()
                .withHeader("Content-Type", "application/json")
                .withBody("{\"id\":\"x\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                        + message + "}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}");
    }

    private static String call(String name, String escapedArguments) {
        return "\"finish_reason\":\"tool_calls\",\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\","
                + "\"type\":\"function\",\"function\":{\"name\":\"" + name + "\",\"arguments\":\"" + escapedArguments + "\"}}]}";
    }

    private static String text(String text) {
        return "\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"" + text + "\"}";
    }
}
