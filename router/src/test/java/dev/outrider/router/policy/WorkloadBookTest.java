package dev.outrider.router.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.policy.WorkloadBook.Candidates;
import dev.outrider.router.policy.WorkloadBook.Proposed;
import dev.outrider.router.privacy.Egress;
import dev.outrider.tools.SideEffect;

class WorkloadBookTest {

    private static final Proposed REPLY = new Proposed(Set.of(), null);

    private static WorkloadBook book(String workloads) {
        String yaml = """
                version: x
                models:
                  local: {usd-per-hour: 1}
                  remote: {usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 1}
                workloads:
                """ + workloads.indent(2);
        return new WorkloadBook(Policy.parse("book.yaml", yaml).workloads());
    }

    private static ChatRequest request(String text, String... tools) {
        return ChatRequest.builder()
                .messages(SystemMessage.from("You never refund."), UserMessage.from(text))
                .toolSpecifications(List.of(tools).stream()
                        .map(name -> ToolSpecification.builder().name(name).build())
                        .toList())
                .build();
    }

    @Test
    void the_first_workload_that_matches_decides() {
        WorkloadBook book = book("""
                - {name: refunds, match: {request-matches: '(?i)refund'}}
                - {name: desk, match: {label: [desk, counter]}}
                - {name: exact, match: {tool-set: [a, b]}}
                - {name: rest}
                """);
        assertThat(book.candidates(request("Refund it"), "desk", null).beforeAnswer().name()).isEqualTo("refunds");
        assertThat(book.candidates(request("Find it"), "counter", null).beforeAnswer().name()).isEqualTo("desk");
        assertThat(book.candidates(request("Find it", "b", "a"), null, null).beforeAnswer().name()).isEqualTo("exact");
        assertThat(book.candidates(request("Find it", "a"), null, null).beforeAnswer().name()).isEqualTo("rest");
        assertThat(book.candidates(request("Find it", "a", "b", "c"), null, null).beforeAnswer().name()).isEqualTo("rest");
    }

    @Test
    void a_workload_may_wait_for_the_answer() {
        WorkloadBook book = book("""
                - {name: money, match: {effect: money}}
                - {name: lookup, match: {calls-any: [get_order]}}
                - {name: talk, match: {effect: [reply]}}
                - {name: rest}
                """);
        Candidates candidates = book.candidates(request("x"), null, null);
        assertThat(candidates.needAnswer()).isTrue();
        assertThat(candidates.beforeAnswer().name()).isEqualTo("rest");
        assertThat(candidates.afterAnswer(REPLY).name()).isEqualTo("talk");
        assertThat(candidates.afterAnswer(new Proposed(Set.of("get_order"), SideEffect.READ)).name()).isEqualTo("lookup");
        assertThat(candidates.afterAnswer(new Proposed(Set.of("get_order", "pay"), SideEffect.MONEY)).name())
                .isEqualTo("money");
        assertThat(candidates.afterAnswer(new Proposed(Set.of("note"), SideEffect.WRITE)).name()).isEqualTo("rest");
    }

    @Test
    void the_strictest_egress_holds_whatever_the_order() {
        WorkloadBook book = book("""
                - {name: heavy, match: {min-messages: 2}}
                - {name: hush, match: {request-matches: secret}, egress: local-only}
                - {name: names, match: {calls-any: [get_customer]}, egress: redacted}
                - {name: rest}
                """);
        Candidates secret = book.candidates(request("the secret plan"), null, null);
        assertThat(secret.afterAnswer(REPLY).name()).isEqualTo("heavy");
        assertThat(secret.egress(REPLY)).isEqualTo(Egress.LOCAL_ONLY);
        assertThat(secret.keeper(REPLY)).extracting(Workload::name).isEqualTo("hush");

        Candidates open = book.candidates(request("the open plan"), null, null);
        assertThat(open.egress(REPLY)).isEqualTo(Egress.ANY);
        assertThat(open.keeper(REPLY)).isNull();
        assertThat(open.egress(new Proposed(Set.of("get_customer"), SideEffect.READ))).isEqualTo(Egress.REDACTED);
        assertThat(open.egress(null)).as("nobody knows what it would have called").isEqualTo(Egress.REDACTED);
    }

    /** Conditions that imply others are found by reasoning; here requests are drawn to catch the reasoning lying. */
    @RepeatedTest(6)
    void what_implies_other_conditions_never_matches_without_them() {
        long seed = new Random().nextLong();
        Random chance = new Random(seed);
        for (int i = 0; i < 200; i++) {
            Match one = smallMatch(chance);
            Match other = smallMatch(chance);
            if (!one.implies(other)) {
                continue;
            }
            for (int j = 0; j < 20; j++) {
                Drawn drawn = draw(chance);
                if (drawn.matches(one)) {
                    assertThat(drawn.matches(other))
                            .as("seed %d: %s implies %s, but not for %s", seed, one.inWords(), other.inWords(), drawn)
                            .isTrue();
                }
            }
        }
    }

    @RepeatedTest(5)
    void every_match_implies_itself_and_everything() {
        long seed = new Random().nextLong();
        Random chance = new Random(seed);
        for (int i = 0; i < 100; i++) {
            Match match = smallMatch(chance);
            assertThat(match.implies(match)).as("seed %d: %s", seed, match.inWords()).isTrue();
            assertThat(match.implies(Match.ALL)).as("seed %d: %s", seed, match.inWords()).isTrue();
        }
    }

    private record Drawn(ChatRequest request, @Nullable String label, Proposed proposed) {

        boolean matches(Match match) {
            Workload workload = new Workload(
                    "w",
                    match,
                    Then.DECIDE,
                    Mode.ENFORCE,
                    new Workload.Demand(0.1, RiskKind.JOINT, Uncalibrated.ESCALATE, null),
                    Egress.ANY,
                    new Workload.Thinking(ThinkingMode.OFF, 1),
                    ToolLoops.FREE,
                    new Workload.UnhelpedBy(Unhelped.REFUSE, Unhelped.REFUSE, SideEffect.READ, BigDecimal.ONE),
                    null);
            Workload rest = Policy.defaults().workloads().getLast();
            Candidates candidates = new WorkloadBook(List.of(workload, rest)).candidates(request, label, null);
            return candidates.afterAnswer(proposed).equals(workload);
        }
    }

    private static Drawn draw(Random chance) {
        List<ChatMessage> messages = new ArrayList<>();
        for (int i = chance.nextInt(3); i >= 0; i--) {
            messages.add(UserMessage.from(chance.nextBoolean() ? "refund" : "find"));
        }
        List<String> tools = subset(chance, List.of("a", "b", "c"));
        List<String> calls = subset(chance, List.of("a", "b"));
        ChatRequest request = ChatRequest.builder()
                .messages(messages)
                .toolSpecifications(tools.stream()
                        .map(name -> ToolSpecification.builder().name(name).build())
                        .toList())
                .build();
        SideEffect effect = calls.isEmpty() ? null : SideEffect.values()[chance.nextInt(3)];
        return new Drawn(request, chance.nextBoolean() ? "desk" : null, new Proposed(Set.copyOf(calls), effect));
    }

    private static Match smallMatch(Random chance) {
        while (true) {
            try {
                return new Match(
                        chance.nextInt(3) == 0 ? List.of("desk") : List.of(),
                        List.of(),
                        chance.nextInt(3) == 0 ? subset(chance, List.of("a", "b", "c")) : List.of(),
                        chance.nextInt(3) == 0 ? subset(chance, List.of("a", "b", "c")) : List.of(),
                        chance.nextInt(3) == 0 ? "refund" : null,
                        chance.nextInt(3) == 0 ? 1 + chance.nextInt(3) : null,
                        chance.nextInt(3) == 0 ? subset(chance, List.of("a", "b")) : List.of(),
                        chance.nextInt(2) == 0 ? subset(chance, List.of(AnswerEffect.values())) : List.of());
            } catch (IllegalArgumentException contradictory) {
                // drawn again
            }
        }
    }

    private static <T> List<T> subset(Random chance, List<T> all) {
        return all.stream().filter(x -> chance.nextBoolean()).toList();
    }
}
