package dev.outrider.router.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.router.ledger.Answer;

class AgreementMatcherTest {

    private static final AgreementMatcher EXACT = AgreementMatcher.EXACT;

    private static Answer call(String name, String arguments) {
        return new Answer(null, List.of(new Answer.Call(name, arguments)));
    }

    private static Answer reply(String text) {
        return new Answer(text, List.of());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\":\"A\",\"n\":5} | {\"n\":5.0,\"id\":\"A\"} | true",
                "{\"id\":\"A\"} | {\"id\":\"B\"} | false",
                "{\"id\":\"A\"} | {\"id\":\"A\",\"note\":\"\"} | false",
                "{\"n\":5} | {\"n\":\"5\"} | false",
                "{\"list\":[1,2]} | {\"list\":[2,1]} | false",
                "{\"big\":12345678901234567890} | {\"big\":12345678901234567891} | false",
                "{} | '' | true",
                "{oops | {oops | true",
                "{oops | {} | false",
            })
    void calls_agree_when_their_arguments_are_the_same_values(String a, String b, boolean same) {
        assertThat(EXACT.agree(call("get", a), call("get", b))).isEqualTo(same);
        assertThat(EXACT.agree(call("get", b), call("get", a))).isEqualTo(same);
    }

    @Test
    void calls_of_other_tools_or_in_another_number_or_order_do_not_agree() {
        Answer one = call("get", "{}");
        Answer two = new Answer(null, List.of(new Answer.Call("get", "{}"), new Answer.Call("put", "{}")));
        Answer turned = new Answer(null, List.of(new Answer.Call("put", "{}"), new Answer.Call("get", "{}")));
        assertThat(EXACT.agree(one, call("put", "{}"))).isFalse();
        assertThat(EXACT.agree(one, two)).isFalse();
        assertThat(EXACT.agree(two, turned)).isFalse();
        assertThat(EXACT.agree(two, two)).isTrue();
    }

    @Test
    void text_beside_a_call_does_not_matter_but_a_reply_is_no_call() {
        assertThat(EXACT.agree(new Answer("Let me look.", call("get", "{}").calls()), call("get", "{}"))).isTrue();
        assertThat(EXACT.agree(call("get", "{}"), reply("get"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Order ORD-1 is lost. | order ORD-1  is LOST | true",
                "Order ORD-1 is lost. | Order ORD-2 is lost. | false",
                "1.50 EUR | 1,50 EUR | false",
                "ﬁne | fine | true",
                "yes! | yes | true",
            })
    void replies_agree_when_their_words_do(String a, String b, boolean same) {
        assertThat(EXACT.agree(reply(a), reply(b))).isEqualTo(same);
    }
}
