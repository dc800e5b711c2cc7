package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.internal.DurationText;
import dev.outrider.tools.SideEffect;

class PolicyTest {

    private static PolicyException failure(String yaml) {
        try {
            throw new AssertionError("read as " + PolicyReader.read("p.yaml", yaml));
        } catch (PolicyException e) {
            assertThat(e.getMessage()).startsWith("p.yaml").doesNotContain("\n");
            return e;
        }
    }

    @Test
    void the_built_in_policy_is_read_in_full() {
        Policy policy = Policy.defaults();
        assertThat(policy.version()).isEqualTo("default-1");
        assertThat(policy.models().local().usdPerHour()).isEqualByComparingTo("0.10");
        assertThat(policy.models().remote())
                .isEqualTo(new Policy.RemoteModel(new BigDecimal("2.50"), new BigDecimal("10.00"), 1024));
        assertThat(policy.accept().minProbability()).isEqualTo(new Policy.MinProbability(0.80, 0.90, 0.97, 0.80));
        assertThat(policy.budget().limitMicroUsd()).isEqualTo(5_000_000);
        assertThat(policy.budget().per()).isEqualTo(Duration.ofDays(1));
        assertThat(policy.budget().onExhausted()).isEqualTo(Policy.OnExhausted.ANSWER_LOCALLY);
        assertThat(policy.resilience().breaker().openFor()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void what_may_be_left_out_has_the_defaults_of_the_built_in_policy() {
        Policy small = PolicyReader.read(
                "p.yaml",
                """
                version: default-1
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                accept:
                  min-probability: {read: 0.80, write: 0.90, money: 0.97, reply: 0.80}
                budget: {usd: 5.00, per: 1d, on-exhausted: answer-locally}
                """);
        assertThat(small).isEqualTo(Policy.defaults());
    }

    @Test
    void rules_are_read() {
        Policy policy = Policies.changed(
                "rules: []",
                """
                rules:
                  - name: heavy
                    when:
                      request-matches: '(?i)refund .* twice'
                      offers-any: [refund_order, cancel_order]
                      min-messages: 4
                    then: local-only
                """);
        assertThat(policy.rules()).singleElement().satisfies(rule -> {
            assertThat(rule.name()).isEqualTo("heavy");
            assertThat(rule.then()).isEqualTo(Policy.Then.LOCAL_ONLY);
            assertThat(rule.when().offersAny()).isEqualTo(List.of("refund_order", "cancel_order"));
            assertThat(rule.when().minMessages()).isEqualTo(4);
            assertThat(rule.when().requestMatches()).hasToString("(?i)refund .* twice");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "per: 1d|every: 1d|unknown key budget.every (known here: usd, per, on-exhausted",
                "usd-per-hour|usd-per-our|unknown key models.local.usd-per-our; did you mean usd-per-hour?",
                "max-wait|max-waits|unknown key resilience.max-waits; did you mean max-wait?",
                "money: 0.97|money: 97|money must be a probability between 0 and 1",
                "money: 0.97|money: high|must be a number but is \"high\"",
                "reply: 0.80|reply: -0.1|must be a probability",
                "usd-per-hour: 0.10|usd-per-hour: 0|must be more than 0",
                "input-tokens: 2.50|input-tokens: -1|must be more than 0",
                "usd: 5.00|usd: 0.0000001|finer than a millionth",
                "usd: 5.00|usd: -1|must be 0 or more",
                "per: 1d|per: daily|must be a duration like",
                "on-exhausted: answer-locally|on-exhausted: answer-locale|did you mean answer-locally?",
                "answer-locally-up-to: read|answer-locally-up-to: red|must be read or write or money but is \"red\"; did you mean read?",
                "max-attempts: 3|max-attempts: 0|must be between 1 and 20",
                "max-attempts: 3|max-attempts: 2.5|must be a whole number",
                "max-wait: 20s|max-wait: 1ms|must be at least first-wait",
                "min-calls: 5|min-calls: 50|must be between 1 and window",
                "fsync: false|fsync: maybe|must be true or false",
                "lease-expiry: 5m|lease-expiry: 1m|a lease must outlive its call",
                "rules: []|rules: {}|must be a list",
                "rules: []|rules: [{name: x, when: {}, then: refuse}]|must have a condition",
                "rules: []|rules: [{name: x, when: {request-matches: '('}, then: refuse}]|is no regular expression",
                "rules: []|rules: [{name: x, when: {min-messages: 0}, then: refuse}]|must be at least 1",
                "rules: []|rules: [{name: x, when: {offers-any: []}, then: refuse}]|must name at least one",
                "rules: []|rules: [{name: x, when: {min-messages: 1}, then: explode}]|must be escalate or local-only or refuse",
                "version: default-1|version: ''|must not be blank",
                "version: default-1|version: [1]|must be a single value"
            })
    void what_is_wrong_is_told_with_its_place(String good, String bad, String part) {
        PolicyException e = failure(Policies.changedText(good, bad));
        assertThat(e).hasMessageContaining(part);
        String[] lines = Policies.changedText(good, bad).split("\n");
        assertThat(e.line()).as(e.getMessage()).isPositive().isLessThanOrEqualTo(lines.length);
        assertThat(e.column()).isPositive();
        assertThat(e.getMessage()).startsWith("p.yaml:" + e.line() + ":" + e.column() + ": ");
        // the place is that of the wrong word, or of the section that lacks it
        String badWord = bad;
        if (!part.contains("outlive")) {
            assertThat(lines[e.line() - 1]).as(e.getMessage()).contains(badWord.split(" ")[0]);
        }
    }

    @Test
    void a_misspelt_section_is_told_by_its_right_name() {
        assertThat(failure(Policies.changedText("budget:", "bugdet:")))
                .hasMessageContaining("unknown key bugdet; did you mean budget?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"usd-per-hour", "usd-per-million-input-tokens", "usd-per-million-output-tokens"})
    void a_missing_price_is_fatal(String price) {
        String yaml = Policies.defaultText().replaceAll("(?m)^ *" + price + ":.*\n", price.contains("hour")
                ? "    {}\n" : "");
        assertThat(failure(yaml)).hasMessageContaining(price + " is missing");
    }

    @Test
    void text_that_is_no_yaml_or_no_policy_is_told() {
        assertThat(failure("version: [1\nmodels: }")).hasMessageContaining("is not YAML");
        assertThat(failure("")).hasMessageContaining("is empty");
        assertThat(failure("- a\n- b")).hasMessageContaining("a policy must be a section");
        assertThat(failure("hello")).hasMessageContaining("a policy must be a section");
        assertThat(failure(Policies.defaultText() + "\n---\nversion: 2\n")).hasMessageContaining("second document");
        assertThat(failure(Policies.defaultText() + "\nversion: again\n")).hasMessageContaining("second time");
        assertThat(failure("models: {}")).hasMessageContaining("version is missing");
    }

    @Test
    void a_file_is_read_or_its_absence_told(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("policy.yaml");
        assertThatThrownBy(() -> Policy.load(file))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining(file + ": does not exist");
        Files.writeString(file, Policies.defaultText());
        assertThat(Policy.load(file)).isEqualTo(Policy.defaults());
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> Policy.load(file)).isInstanceOf(PolicyException.class).hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> Policy.load(folder)).isInstanceOf(PolicyException.class);
    }

    @Test
    void thresholds_go_by_effect() {
        Policy.MinProbability min = new Policy.MinProbability(0.1, 0.2, 0.3, 0.4);
        assertThat(min.of(SideEffect.READ)).isEqualTo(0.1);
        assertThat(min.of(SideEffect.WRITE)).isEqualTo(0.2);
        assertThat(min.of(SideEffect.MONEY)).isEqualTo(0.3);
        assertThat(min.of(null)).isEqualTo(0.4);
    }

    @ParameterizedTest
    @CsvSource({"500ms, 500ms", "1000ms, 1s", "60s, 1m", "90s, 90s", "120m, 2h", "24h, 1d", "36h, 36h", "0s, 0s"})
    void durations_are_written_in_their_largest_whole_unit(String text, String written) {
        Duration duration = Objects.requireNonNull(DurationText.parse(text));
        assertThat(DurationText.of(duration)).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "-1s", "1.5s", "1 s", "1w", "99999999999s"})
    void other_texts_are_no_durations(String text) {
        assertThat(DurationText.parse(text)).isNull();
    }
}
