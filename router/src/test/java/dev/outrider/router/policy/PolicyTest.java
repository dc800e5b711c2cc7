package dev.outrider.router.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.budget.OnExhausted;
import dev.outrider.router.budget.Scope;
import dev.outrider.router.budget.Unit;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.ThinkingControl;
import dev.outrider.tools.SideEffect;

class PolicyTest {

    private static PolicyException failure(String yaml) {
        try {
            throw new AssertionError("read as " + Policy.parse("p.yaml", yaml));
        } catch (PolicyException e) {
            assertThat(e.getMessage()).startsWith("p.yaml").doesNotContain("\n");
            return e;
        }
    }

    /** Every workload of the built-in policy states a risk, and the table beside it is for the model that ships. */
    @Test
    void the_built_in_policy_is_read_in_full() {
        Policy policy = Policy.defaults();
        assertThat(policy.version()).isEqualTo("default-5");
        assertThat(policy.models().local().usdPerHour()).isEqualByComparingTo("0.10");
        assertThat(policy.models().remote())
                .containsExactly(RemoteModelSettings.priced("llm", new BigDecimal("2.50"), new BigDecimal("10.00"), 1024));
        assertThat(policy.workloads()).extracting(Workload::name).containsExactly("money", "write", "read");
        assertThat(policy.workloads()).allSatisfy(w -> {
            assertThat(w.mode()).isEqualTo(Mode.ENFORCE);
            assertThat(w.egress()).isEqualTo(Egress.ANY);
            double risk = w.name().equals("write") ? 0.1 : 0.05;
            assertThat(w.demand()).isEqualTo(new Workload.Demand(risk, RiskKind.JOINT, Uncalibrated.ESCALATE, null));
            assertThat(w.unhelped().answerLocallyUpTo()).isEqualTo(SideEffect.READ);
        });
        assertThat(PolicyInForce.defaults().table().orElseThrow().workloads().keySet()).containsExactlyInAnyOrder("money", "write", "read");
        assertThat(policy.budgets())
                .containsExactly(BudgetRule.of(
                        "day", Scope.GLOBAL, Unit.MICRO_USD, 5_000_000, Duration.ofDays(1), OnExhausted.ANSWER_LOCALLY));
        assertThat(policy.resilience().breaker().openFor()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void what_may_be_left_out_has_its_defaults() {
        Policy small = Policy.parse(
                "p.yaml",
                """
                version: default-2
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                workloads:
                  - {name: money, match: {effect: money}, target-risk: 0.01, uncalibrated: threshold, min-probability: 0.97}
                  - {name: write, match: {effect: write}, target-risk: 0.02, uncalibrated: threshold, min-probability: 0.90}
                  - {name: read, uncalibrated: threshold, min-probability: 0.80}
                budgets:
                  - {name: day, limit: 5.00, per: 1d, on-exhausted: answer-locally}
                audit: {rate: 0}
                """);
        assertThat(small).isEqualTo(Policies.typed());
    }

    @Test
    void a_workload_is_read_with_all_its_conditions_and_demands() {
        Policy policy = Policies.changed(
                "  - name: money",
                """
                  - name: heavy
                    match:
                      label: desk
                      subtask: [refund, cancel]
                      offers-any: [refund_order, cancel_order]
                      tool-set: [get_order, refund_order]
                      request-matches: '(?i)refund .* twice'
                      min-messages: 4
                    then: decide
                    mode: observe
                    target-risk: 0.001
                    risk-kind: joint
                    uncalibrated: escalate
                    egress: redacted
                    thinking: auto
                    max-think-tokens: 64
                    tool-loops: free
                    when-llm-fails-too: refuse
                    when-remote-fails: answer-locally
                    answer-locally-up-to: write
                    answer-value-usd: 0.25
                    audit-rate: 0.25
                  - name: money
                """.stripTrailing());
        assertThat(policy.workloads().getFirst())
                .isEqualTo(new Workload(
                        "heavy",
                        new Match(
                                List.of("desk"),
                                List.of("refund", "cancel"),
                                List.of("refund_order", "cancel_order"),
                                List.of("get_order", "refund_order"),
                                "(?i)refund .* twice",
                                4,
                                List.of(),
                                List.of()),
                        Then.DECIDE,
                        Mode.OBSERVE,
                        new Workload.Demand(0.001, RiskKind.JOINT, Uncalibrated.ESCALATE, null),
                        Egress.REDACTED,
                        new Workload.Thinking(ThinkingMode.AUTO, 64),
                        ToolLoops.FREE,
                        new Workload.UnhelpedBy(Unhelped.REFUSE, Unhelped.ANSWER_LOCALLY, SideEffect.WRITE, new BigDecimal("0.25")),
                        0.25));
    }

    @Test
    void a_chain_of_remote_models_is_read_in_order() {
        Policy policy = Policies.changed(
                """
                  remote:                                 # replace by the prices of the LLM you use
                    usd-per-million-input-tokens: 2.50
                    usd-per-million-output-tokens: 10.00
                    max-output-tokens: 1024
                """,
                """
                  remote:
                    - {name: near, usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 2,
                       url: 'http://127.0.0.1:8000/v1', model: qwen, key-variable: NEAR_KEY}
                    - {name: far, usd-per-million-input-tokens: 3, usd-per-million-output-tokens: 4}
                """);
        assertThat(policy.models().remote()).extracting(RemoteModelSettings::name).containsExactly("near", "far");
        assertThat(policy.models().remote().getFirst().model()).isEqualTo("qwen");
        assertThat(policy.models().remote().getLast().url()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "url: 'http://x'|models.local.server.model is missing: What the server calls the model",
                "url: 'http://x', model: m, keyvariable: K|unknown key models.local.server.keyvariable; did you mean key-variable?",
                "url: 'http://x', model: m, thinking-control: switsch|must be none or switch or budget",
                "url: 'http://x', model: m, timeout: 0s|timeout must be a duration from 1ms",
                "url: 'http://x', model: m, breaker: {window: 0}|window must be a whole number from 1"
            })
    void what_is_wrong_with_a_server_is_told(String server, String part) {
        String text = Policies.changedText("  remote:  ", "    server: {" + server + "}\n  remote:  ");
        assertThat(failure(text)).hasMessageContaining(part);
    }

    @Test
    void an_slm_behind_a_server_is_read_with_its_defaults() {
        Policy policy = Policies.changed(
                "  remote:  ",
                "    server: {url: 'http://gpu-1:8000/v1', model: qwen, thinking-control: budget}\n  remote:  ");
        LocalServerSettings usual = LocalServerSettings.of("http://gpu-1:8000/v1", "qwen");
        assertThat(policy.models().local().server())
                .isEqualTo(new LocalServerSettings(
                        usual.url(),
                        usual.model(),
                        "OUTRIDER_LOCAL_KEY",
                        Duration.ofSeconds(30),
                        false,
                        ThinkingControl.BUDGET,
                        usual.breaker()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "per: 1d|every: 1d|unknown key budgets[0].every (known here: name, scope",
                "usd-per-hour|usd-per-our|unknown key models.local.usd-per-our; did you mean usd-per-hour?",
                "max-wait|max-waits|unknown key resilience.max-waits; did you mean max-wait?",
                "unlisted-tools: money|target-risk: 0.1|unknown key target-risk; did you mean workloads.target-risk?",
                "effect: money|efect: money|unknown key workloads[0].match.efect; did you mean effect?",
                "effect: money|effect: monney|must be read or write or money or reply but is \"monney\"; did you mean money?",
                "effect: money|effect: [money, money]|a second time",
                "effect: money|effect: []|must name at least one",
                "min-probability: 0.97|min-probability: 97|min-probability must be a probability between 0 and 1 but is \"97\"",
                "min-probability: 0.97|min-probability: high|must be a probability between 0 and 1 but is \"high\"",
                "min-probability: 0.97|min-probability: -0.1|must be a probability",
                "min-probability: 0.97|mode: enforce|uncalibrated is threshold, which needs a min-probability",
                "uncalibrated: threshold               #|uncalibrated: escalate #|min-probability has no effect without",
                "target-risk: 0.01|target-risk: 0|target-risk must be a number between 0 and 1, neither of them",
                "target-risk: 0.01|target-risk: 1|neither of them",
                "target-risk: 0.01|risk-kind: marginal|must be joint or conditional",
                "target-risk: 0.01|mode: shadow|mode is shadow, where the LLM answers before the SLM",
                "target-risk: 0.01|mode: shaddow|did you mean shadow?",
                "target-risk: 0.01|thinking: on|thinking is settled before the SLM answers",
                "target-risk: 0.01|thinking: yes|must be off or on or auto",
                "target-risk: 0.01|max-think-tokens: 0|must be a whole number from 1 to 1000000",
                "target-risk: 0.01|audit-rate: 2|must be a number from 0 to 1",
                "target-risk: 0.05|egress: local_only|did you mean local-only?",
                "target-risk: 0.05|{egress: local-only, mode: observe}|is not YAML",
                "name: write  |name: money  |has the name money, which stands here a second time",
                "usd-per-hour: 0.10|usd-per-hour: 0|must be a number above 0",
                "usd-per-hour: 0.10|usd-per-hour: free|must be a number above 0 but is \"free\"",
                "input-tokens: 2.50|input-tokens: -1|must be a number above 0",
                "max-output-tokens: 1024|max-output-tokens: 1e3|must be a whole number",
                "max-output-tokens: 1024|url: 'http://x'|url stands alone",
                "limit: 5.00|limit: 0.0000001|limit is finer than 0.000001 usd",
                "limit: 5.00|limit: -1|must be a number of at least 0",
                "limit: 5.00|limit: 1e20|must be at most 1000000000 usd",
                "limit: 5.00|limt: 5|unknown key budgets[0].limt; did you mean limit?",
                "per: 1d|per: daily|must be a duration from 1s to 366d, like 500ms, 30s, 5m, 2h or 1d but is \"daily\"",
                "per: 1d|per: 10ms|must be a duration from 1s",
                "per: 1d|unit: euro|must be usd or tokens or thinking-tokens or seconds or gpu-seconds",
                "per: 1d|scope: user|must be global or tenant or session or request or subtask",
                "on-exhausted: answer-locally|on-exhausted: answer-locale|did you mean answer-locally?",
                "max-attempts: 3|max-attempts: 0|must be a whole number from 1 to 20",
                "max-attempts: 3|max-attempts: 2.5|must be a whole number",
                "max-wait: 20s|max-wait: 1ms|max-wait must be at least first-wait",
                "max-wait: 20s|query-timeout: 1s|query-timeout must be at least timeout",
                "min-calls: 5|min-calls: 50|min-calls must be between 1 and window",
                "unlisted-tools: money|redaction: {phone-regions: [DE, UK]}|phone-regions names UK, which is no country code",
                "unlisted-tools: money|redaction: {phone-region: DE}|did you mean phone-regions?",
                "fsync: false|fsync: maybe|must be true or false",
                "version: default-2|version: ''|must be a text that is not blank",
                "version: default-2|version: [1]|must be a single value",
                "version: default-2|version:|must be a single value"
            })
    void what_is_wrong_is_told_with_its_place(String good, String bad, String part) {
        String text = Policies.changedText(good, bad);
        PolicyException e = failure(text);
        assertThat(e).hasMessageContaining(part);
        String[] lines = text.split("\n");
        assertThat(e.line()).as(e.getMessage()).isPositive().isLessThanOrEqualTo(lines.length);
        assertThat(e.column()).isPositive();
        assertThat(e.getMessage()).startsWith("p.yaml:" + e.line() + ":" + e.column() + ": ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "usd-per-our|usd-per-hour",
                "min-probability: 97|min-probability: 0.97",
                "effect: monney|effect: money",
                "on-exhausted: never|on-exhausted: answer-locally",
                "min-calls: 50|min-calls: 5"
            })
    void the_place_is_that_of_the_wrong_word(String bad, String good) {
        PolicyException e = failure(Policies.changedText(good, bad));
        String line = Policies.changedText(good, bad).split("\n")[e.line() - 1];
        assertThat(line.substring(e.column() - 1)).satisfiesAnyOf(
                rest -> assertThat(rest).startsWith(bad), rest -> assertThat(rest).startsWith(bad.split(": ")[1]));
    }

    @Test
    void a_workload_that_nothing_can_reach_is_told() {
        assertThat(failure(Policies.changedText("effect: write", "effect: money")))
                .hasMessageContaining("workloads[1] (write) is never reached: money before it takes everything");
        assertThat(failure(Policies.changedText("""
                    match:
                      effect: money
                """, "")))
                .hasMessageContaining("workloads[1] (write) is never reached: money before it");
        assertThat(failure(Policies.changedText("""
                  - name: read                            # calls that only look, and replies
                    target-risk: 0.05
                """, """
                  - name: read
                    match: {effect: read}
                    target-risk: 0.05
                """)))
                .hasMessageContaining("workloads must end in a workload without match");
        assertThat(failure("""
                version: x
                models:
                  local: {usd-per-hour: 1}
                  remote: {usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 1}
                workloads: []
                """)).hasMessageContaining("workloads must end in a workload without match");
    }

    @Test
    void what_contradicts_itself_is_told() {
        assertThat(failure(Policies.changedText("target-risk: 0.05", "egress: local-only\n    mode: observe")))
                .hasMessageContaining("workloads[2].egress is local-only, but in mode observe the LLM answers");
        assertThat(failure(Policies.changedText("target-risk: 0.05", "egress: local-only\n    then: escalate")))
                .hasMessageContaining("egress is local-only, but then: escalate");
        assertThat(failure(Policies.changedText("target-risk: 0.05", "mode: observe\n    then: refuse")))
                .hasMessageContaining("mode decides nothing beside then: refuse");
        assertThat(failure(Policies.changedText("effect: money", "effect: reply\n      calls-any: [refund_order]")))
                .hasMessageContaining("effect is reply only");
        assertThat(failure(Policies.changedText("effect: money", "tool-set: a\n      offers-any: b")))
                .hasMessageContaining("offers-any names no tool of the tool-set");
        assertThat(failure(Policies.changedText("effect: money", "request-matches: '('")))
                .hasMessageContaining("is no regular expression");
    }

    @ParameterizedTest
    @ValueSource(strings = {"usd-per-hour", "usd-per-million-input-tokens", "usd-per-million-output-tokens"})
    void a_missing_price_is_fatal_and_says_what_is_wanted(String price) {
        String yaml = Policies.typedText().replaceAll("(?m)^ *" + price + ":.*\n", price.contains("hour")
                ? "    {}\n" : "");
        assertThat(failure(yaml)).hasMessageContaining(price + " is missing: ");
    }

    @Test
    void two_budgets_or_two_models_of_one_name_are_told() {
        assertThat(failure(Policies.changedText("budgets:\n", "budgets:\n  - {name: day, limit: 1}\n")))
                .hasMessageContaining("budgets[1] has the name day, which stands here a second time");
        assertThat(failure("""
                version: x
                models:
                  local: {usd-per-hour: 1}
                  remote:
                    - {usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 1}
                    - {usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 1}
                workloads: [{name: all}]
                """)).hasMessageContaining("models.remote[1] has the name llm");
    }

    @Test
    void text_that_is_no_yaml_or_no_policy_is_told() {
        assertThat(failure("version: [1\nmodels: }")).hasMessageContaining("is not YAML");
        assertThat(failure("")).hasMessageContaining("is empty");
        assertThat(failure("- a\n- b")).hasMessageContaining("a policy must be a section");
        assertThat(failure("hello")).hasMessageContaining("a policy must be a section");
        assertThat(failure(Policies.typedText() + "\n---\nversion: 2\n")).hasMessageContaining("second document");
        assertThat(failure(Policies.typedText() + "\nversion: again\n")).hasMessageContaining("second time");
        assertThat(failure("models: {}")).hasMessageContaining("version is missing");
        assertThat(failure(Policies.changedText("budgets:\n", "bugdets:\n")))
                .hasMessageContaining("unknown key bugdets; did you mean budgets?");
    }

    @Test
    void a_file_is_read_or_its_absence_told(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("policy.yaml");
        assertThatThrownBy(() -> Policy.load(file))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining(file + ": does not exist");
        Files.writeString(file, Policies.typedText());
        assertThat(Policy.load(file)).isEqualTo(Policies.typed());
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> Policy.load(file)).isInstanceOf(PolicyException.class).hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> Policy.load(folder)).isInstanceOf(PolicyException.class);
    }
}
