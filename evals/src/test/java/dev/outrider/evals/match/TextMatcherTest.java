package dev.outrider.evals.match;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextMatcherTest {

    @ParameterizedTest
    @ValueSource(strings = {"The order is shipped.", "order IS  shipped", "An order is shipped!"})
    void caseBlanksPunctuationAndArticlesDoNotCount(String reply) {
        assertThat(TextMatcher.match(List.of("is open", "the order is shipped"), reply).right()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"the order is not shipped", "shipped", "", "the order is shipped 2"})
    void everyOtherTextIsWrong(String reply) {
        assertThat(TextMatcher.match(List.of("the order is shipped"), reply).right()).isFalse();
    }

    @Test
    void pointsBetweenDigitsCount() {
        assertThat(TextMatcher.match(List.of("59.80"), "59,80").right()).isTrue();
        assertThat(TextMatcher.match(List.of("59.80"), "5980").right()).isFalse();
        assertThat(TextMatcher.match(List.of(), "anything").right()).isTrue();
    }
}
