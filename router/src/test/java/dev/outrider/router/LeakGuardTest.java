package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeakGuardTest {

    private static final List<String> TOOLS = List.of("get_order", "refund_order");
    private static final List<String> FRAGMENTS = List.of(
            "Your", " order", " has", " left", ".", " <", "<tool", "_call>", "<b>", "[TOOL_", "CALLS]", "[1]", "\"name\"", " : ",
            "\"get_order\"", "\"other\"", "{\"a\":1}", "```json", "```", "get_order", "(", ")", "\n", "<|im_", "start|>", "🙂", " ");

    private static String passed(LeakGuard guard, String... pieces) {
        StringBuilder passed = new StringBuilder();
        for (String piece : pieces) {
            passed.append(guard.pass(piece));
        }
        return passed.toString();
    }

    @Test
    void a_plain_sentence_passes_word_by_word() {
        LeakGuard guard = new LeakGuard(TOOLS);
        assertThat(guard.pass("Your")).as("may become a call: Your(…)").isEmpty();
        assertThat(guard.pass(" order")).isEqualTo("Your order");
        assertThat(guard.pass(" has left [1].")).isEqualTo(" has left [1].");
        assertThat(guard.passed()).isEqualTo("Your order has left [1].");
    }

    @Test
    void what_may_become_a_mark_is_held_until_it_is_none() {
        LeakGuard guard = new LeakGuard(TOOLS);
        assertThat(passed(guard, "It is 3 ", "<")).isEqualTo("It is 3 ");
        assertThat(guard.pass(" 4")).isEqualTo("< 4");
        assertThat(passed(guard, " and <tool", "_ca")).isEqualTo(" and ");
        assertThat(passed(guard, "ll>{\"name\"", ":1}")).isEmpty();
        assertThat(guard.passed()).isEqualTo("It is 3 < 4 and ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"name\":\"get_order\"", "[{\"tool_calls\"", "```json\n{", "get_order(\"ORD-1\")", "  get_order (", "["})
    void a_text_that_begins_like_a_call_is_held_to_its_end(String text) {
        LeakGuard guard = new LeakGuard(TOOLS);
        for (char c : text.toCharArray()) {
            assertThat(guard.pass(String.valueOf(c))).isEmpty();
        }
        assertThat(guard.pass(" and more words.")).isEmpty();
    }

    @Test
    void without_tools_braces_are_only_text() {
        LeakGuard guard = new LeakGuard(List.of());
        assertThat(guard.pass("{\"name\":\"get_order\"}")).isEqualTo("{\"name\":\"get_order\"}");
        assertThat(guard.pass("<tool_call>")).isEmpty();
    }

    @Test
    void what_passes_is_the_beginning_of_the_text_and_never_holds_a_call() {
        long seed = new Random().nextLong();
        System.out.println("LeakGuardTest seed " + seed);
        Random random = new Random(seed);
        int held = 0;
        for (int round = 0; round < 12_000; round++) {
            List<String> tools = random.nextInt(4) == 0 ? List.of() : TOOLS;
            LeakGuard guard = new LeakGuard(tools);
            StringBuilder text = new StringBuilder();
            StringBuilder passed = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                String piece = FRAGMENTS.get(random.nextInt(FRAGMENTS.size()));
                text.append(piece);
                passed.append(guard.pass(piece));
            }
            String as = "seed " + seed + ", round " + round + ": " + text;
            assertThat(text.toString()).as(as).startsWith(passed.toString());
            assertThat(guard.passed()).as(as).isEqualTo(passed.toString());
            if (LeakedCall.in(text.toString(), tools) != null) {
                held++;
                assertThat(passed.length()).as(as).isLessThan(text.length());
                assertThat(LeakedCall.in(passed.toString(), tools)).as(as).isNull();
            }
        }
        assertThat(held).as("enough calls among the texts, seed %d", seed).isGreaterThan(100);
    }
}
