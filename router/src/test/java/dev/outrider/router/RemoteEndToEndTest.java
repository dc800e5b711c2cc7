package dev.outrider.router;

import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.outrider.router.remote.Completions.PATH;
import static dev.outrider.router.remote.Completions.json;
import static dev.outrider.router.remote.Completions.said;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.HttpLocalModel;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.router.remote.ResilienceSettings;
import dev.outrider.router.remote.ThinkingControl;

/** From the question to the ledger, with LLMs behind real HTTP servers. */
class RemoteEndToEndTest {

    @RegisterExtension
    static final WireMockExtension BIG =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    @RegisterExtension
    static final WireMockExtension SMALL =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    private final Shop shop = new Shop();
    private final InMemoryLedger ledger = new InMemoryLedger();

    private static Policy policy(String workload) {
        return Policy.parse(
                "e2e.yaml",
                """
                version: e2e
                models:
                  local:
                    usd-per-hour: 0.10
                  remote:
                    - {name: big, usd-per-million-input-tokens: 5, usd-per-million-output-tokens: 20}
                    - {name: small, usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 2, url: "%s/v1", model: s}
                workloads:
                  - name: all
                    uncalibrated: threshold
                    min-probability: 0.9
                    %s
                resilience:
                  max-attempts: 1
                  first-wait: 0s
                  breaker: {min-calls: 1, window: 1, open-for: 1ms}
                audit:
                  rate: 0
                """
                        .formatted(SMALL.baseUrl(), workload));
    }

    private CascadeChatModel cascade(ChatModel slm, String workload) {
        return CascadeChatModel.builder()
                .local(slm)
                .remotes(p -> RemoteModels.chain(
                        p.models().remote(),
                        p.resilience(),
                        Map.of(RemoteModels.URL, BIG.baseUrl() + "/v1", RemoteModels.MODEL, "big-1")))
                .policy(policy(workload))
                .catalogue(shop.catalogue)
                .ledger(ledger)
                .build();
    }

    private static ChatModel unsure() {
        return ScriptedSlm.answering(ScriptedSlm.text("Dear Jane Doe, mail to jane@example.org", 0.1));
    }

    private ChatResponse askOfJane(CascadeChatModel cascade) {
        return cascade.chat(
                shop.request("I am Jane Doe, jane@example.org, where is it?"),
                CascadeAttributes.NONE.withNames(List.of("Jane Doe")).toOptions());
    }

    private DecisionRecord record() {
        return ledger.records().getLast();
    }

    private static DecisionRecord.Remote remote(DecisionRecord record) {
        return Objects.requireNonNull(record.remote());
    }

    @Test
    void a_redacted_query_leaves_with_placeholders_and_is_kept_with_them_while_the_caller_gets_the_values() {
        BIG.stubFor(post(PATH).willReturn(json(200, said("Dear <NAME_1>, it is at <email_1>"))));
        ChatResponse answer = askOfJane(cascade(unsure(), "egress: redacted"));
        assertThat(answer.aiMessage().text()).isEqualTo("Dear Jane Doe, it is at jane@example.org");
        assertThat(BIG.findAll(postRequestedFor(urlEqualTo(PATH))).getFirst().getBodyAsString())
                .contains("I am <NAME_1>, <EMAIL_1>, where is it?")
                .doesNotContainIgnoringCase("jane");
        assertThat(record().redactions()).isEqualTo(2);
        assertThat(record().toString()).doesNotContainIgnoringCase("jane");
        assertThat(remote(record()).answer()).isEqualTo(
                new Answer("Dear <NAME_1>, it is at <EMAIL_1>", List.of()));
    }

    @Test
    void a_local_answer_to_a_restricted_query_is_kept_with_placeholders_too() {
        for (String egress : List.of("egress: redacted", "egress: local-only")) {
            ChatResponse answer = askOfJane(
                    cascade(ScriptedSlm.answering(ScriptedSlm.text("Yes, Jane Doe: jane@example.org", 0.99)), egress));
            assertThat(answer.aiMessage().text()).isEqualTo("Yes, Jane Doe: jane@example.org");
            assertThat(record().answeredLocally()).isTrue();
            assertThat(record().toString()).doesNotContainIgnoringCase("jane").contains("Yes, <NAME_1>: <EMAIL_1>");
        }
        BIG.verify(0, postRequestedFor(urlEqualTo(PATH)));
    }

    @Test
    void a_query_that_may_leave_is_kept_as_it_was() {
        BIG.stubFor(post(PATH).willReturn(json(200, said("Dear Jane Doe"))));
        askOfJane(cascade(unsure(), "egress: any"));
        assertThat(record().toString()).contains("jane@example.org");
        assertThat(record().redactions()).isNull();
    }

    @Test
    void the_next_model_answers_for_one_that_is_down_at_its_own_price_and_the_record_names_both() {
        BIG.stubFor(post(PATH).willReturn(json(500, "down")));
        SMALL.stubFor(post(PATH).willReturn(json(200, said("Here."))));
        askOfJane(cascade(unsure(), "egress: any"));
        assertThat(remote(record()).tried()).isNotNull().singleElement().satisfies(tried -> {
            assertThat(tried.model()).isEqualTo("big");
            assertThat(tried.error()).contains("answered 500");
        });
        assertThat(record().cost().remoteMicroUsd()).isEqualTo(11 + 7 * 2);
    }

    @Test
    void when_all_llms_are_down_the_cascade_does_what_the_policy_says_and_recovers_by_itself() throws InterruptedException {
        BIG.stubFor(post(PATH).willReturn(json(500, "down")));
        SMALL.stubFor(post(PATH).willReturn(json(503, "down")));
        CascadeChatModel refusing = cascade(unsure(), "when-remote-fails: refuse");
        assertThatThrownBy(() -> askOfJane(refusing))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("big answered 500: down")
                .hasMessageContaining("small answered 503: down");
        CascadeChatModel degrading = cascade(unsure(), "when-remote-fails: answer-locally");
        assertThat(askOfJane(degrading).aiMessage().text()).startsWith("Dear Jane Doe");

        BIG.stubFor(post(PATH).willReturn(json(200, said("Up again."))));
        // the breaker counts real time; it opened for a millisecond
        Thread.sleep(20);
        assertThat(askOfJane(refusing).aiMessage().text()).isEqualTo("Up again.");
        assertThat(askOfJane(degrading).aiMessage().text()).isEqualTo("Up again.");
    }

    @Test
    void the_policy_says_whose_national_telephone_numbers_are_replaced() {
        BIG.stubFor(post(PATH).willReturn(json(200, said("I call <PHONE_1>."))));
        ChatRequest request = shop.request("Call me: 030 901820, or 020 7946 0958.");
        for (String country : List.of("DE", "GB")) {
            String yaml = policy("egress: redacted").toYaml().replaceAll("(?s)phone-regions:.*?(?=\\n\\w|$)", "phone-regions: " + country);
            CascadeChatModel cascade = CascadeChatModel.builder()
                    .local(unsure())
                    .remotes(p -> RemoteModels.chain(
                            p.models().remote(),
                            p.resilience(),
                            Map.of(RemoteModels.URL, BIG.baseUrl() + "/v1", RemoteModels.MODEL, "big-1")))
                    .policy(Policy.parse("e2e.yaml", yaml))
                    .ledger(ledger)
                    .build();
            boolean german = country.equals("DE");
            assertThat(cascade.chat(request).aiMessage().text())
                    .isEqualTo(german ? "I call 030 901820." : "I call 020 7946 0958.");
            assertThat(BIG.getAllServeEvents().getFirst().getRequest().getBodyAsString())
                    .contains(german ? "<PHONE_1>, or 020 7946 0958" : "030 901820, or <PHONE_1>");
        }
    }

    @Test
    void an_slm_behind_a_server_is_taken_by_its_evidence_and_escalates_without() {
        BIG.stubFor(post(PATH).willReturn(json(200, said("From the LLM."))));
        LocalServerSettings server = new LocalServerSettings(
                SMALL.baseUrl() + "/v1",
                "qwen",
                LocalServerSettings.KEY,
                Duration.ofSeconds(60),
                true,
                ThinkingControl.NONE,
                ResilienceSettings.Breaker.DEFAULTS);
        CascadeChatModel cascade = cascade(HttpLocalModel.of(server, Map.of()), "egress: any");
        ChatRequest request = shop.request("Where is it?");

        SMALL.stubFor(post(PATH).willReturn(json(200, """
                {"id":"1","model":"qwen","choices":[{"index":0,"message":{"role":"assistant","content":"At home."},\
                "logprobs":{"content":[{"token":"At home.","logprob":-0.01,"bytes":null,"top_logprobs":[]}]},\
                "finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}""")));
        assertThat(cascade.chat(request).aiMessage().text()).isEqualTo("At home.");
        assertThat(record().answeredLocally()).isTrue();

        SMALL.stubFor(post(PATH).willReturn(json(200, said("At home."))));
        assertThat(cascade.chat(request).aiMessage().text()).isEqualTo("From the LLM.");
        assertThat(Objects.requireNonNull(record().escalation()).reason()).isEqualTo(EscalationReason.NO_EVIDENCE);
        assertThat(Objects.requireNonNull(record().escalation()).detail())
                .isEqualTo("the server gave no log-probabilities; does it support logprobs?");

        SMALL.stubFor(post(PATH).willReturn(json(500, "out of memory")));
        assertThat(cascade.chat(request).aiMessage().text()).isEqualTo("From the LLM.");
        assertThat(Objects.requireNonNull(record().escalation()).detail()).contains("the SLM's server at").contains("500");
    }
}
