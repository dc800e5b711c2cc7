package dev.outrider.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ToolCatalogueTest {

    private final Till till = new Till();
    private final ToolCatalogue catalogue = ToolCatalogue.of(till);

    @Test
    void listsToolsByNameAndTakesAnyOtherOrderOnRequest() {
        assertThat(catalogue.specifications())
                .extracting(ToolSpecification::name)
                .containsExactly("burst", "explode", "interrupted", "look", "note", "pay", "silent");
        assertThat(catalogue.only(List.of("pay", "look")).specifications())
                .extracting(ToolSpecification::name)
                .containsExactly("pay", "look");
        assertThatThrownBy(() -> catalogue.only(List.of("steal")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no tool \"steal\"; there are burst, ");
    }

    @Test
    void effectsComeFromTheAnnotationAndAreHeavyWhenInDoubt() {
        assertThat(catalogue.effectOf("look")).isEqualTo(SideEffect.READ);
        assertThat(catalogue.effectOf("pay")).isEqualTo(SideEffect.MONEY);
        assertThat(catalogue.effectOf("note")).isEqualTo(SideEffect.WRITE);
        assertThat(catalogue.effectOf("steal")).isEqualTo(SideEffect.MONEY);
        assertThat(catalogue.effectOf(null)).isEqualTo(SideEffect.MONEY);
    }

    @Test
    void runsACallThatFits() {
        ToolOutcome outcome = execute("pay", "{\"account\":\"A-12\",\"amount\":24.90,\"currency\":\"eur\"}");
        assertThat(outcome.succeeded()).isTrue();
        assertThat(outcome.text()).isEqualTo("paid 24.9 eur to A-12");
        assertThat(outcome.effect()).isEqualTo(SideEffect.MONEY);
        assertThat(outcome.took()).isPositive();
        assertThat(outcome.toMessage().toolName()).isEqualTo("pay");
        assertThat(outcome.toMessage().id()).isEqualTo("c1");
        assertThat(outcome.toMessage().isError()).isFalse();
        assertThat(execute("pay", "{\"account\":\"A-12\",\"amount\":1}").text()).isEqualTo("paid 1 null to A-12");
    }

    @Test
    void aCallThatDoesNotFitIsNotRun() {
        ToolOutcome outcome = execute("pay", "{\"account\":\"12\",\"amount\":\"much\",\"currency\":\"usd\",\"tip\":1}");
        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.text())
                .isEqualTo("{\"error\":\"Argument 'tip' is unknown; known are account, amount, currency."
                + " Argument 'account' is the string \\\"12\\\", expected the form A-12."
                + " Argument 'amount' is the string \\\"much\\\", expected a number."
                + " Argument 'currency' is the string \\\"usd\\\", allowed are eur, gbp.\"}");
        assertThat(outcome.toMessage().isError()).isTrue();
        assertThat(till.paid).isZero();
    }

    @Test
    void aFormHasToMatchTheWholeValue() {
        assertThat(check("pay", "{\"account\":\"xA-12\",\"amount\":1}")).isFalse();
        assertThat(check("pay", "{\"account\":\"A-123\",\"amount\":1}")).isFalse();
        assertThat(check("pay", "{\"account\":\"A-12\\n\",\"amount\":1}")).isFalse();
        assertThat(check("pay", "{\"account\":\"A-12\",\"amount\":1}")).isTrue();
    }

    @Test
    void anUnknownToolIsAFailedOutcome() {
        ToolOutcome outcome = execute("steal", "{}");
        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.text()).startsWith("{\"error\":\"There is no tool \\\"steal\\\"; there are burst, explode");
        assertThat(outcome.effect()).isEqualTo(SideEffect.MONEY);
        assertThat(catalogue.contains("steal")).isFalse();
    }

    @Test
    void whateverAToolThrowsBecomesOneLine() {
        assertThat(execute("explode", "{}").text()).isEqualTo("{\"error\":\"explode failed: disk gone, see below\"}");
        assertThat(execute("burst", "{}").text()).isEqualTo("{\"error\":\"burst failed: StackOverflowError\"}");
        assertThat(execute("silent", "{}").text()).isEqualTo("{\"error\":\"silent failed: IllegalStateException\"}");
        assertThat(execute("silent", "{}").succeeded()).isFalse();
    }

    @Test
    void anInterruptedToolLeavesTheThreadInterrupted() {
        assertThat(execute("interrupted", "{}").succeeded()).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void twoToolsOfOneNameAreRefusedWhenTheCatalogueIsMade() {
        assertThatThrownBy(() -> ToolCatalogue.of(till, new OtherTill()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two tools are named pay: ")
                .hasMessageContaining("Till.pay")
                .hasMessageContaining("OtherTill.settle");
        assertThatThrownBy(() -> ToolCatalogue.of("no tools in a string"))
                .hasMessage("java.lang.String has no method annotated with @Tool");
    }

    private ToolOutcome execute(String tool, String arguments) {
        return catalogue.execute(request(tool, arguments));
    }

    private boolean check(String tool, String arguments) {
        return catalogue.check(request(tool, arguments)).valid();
    }

    private static ToolExecutionRequest request(String tool, String arguments) {
        return ToolExecutionRequest.builder().id("c1").name(tool).arguments(arguments).build();
    }

    enum Currency {
        eur,
        gbp
    }

    static class Till {
        int paid;

        @Tool("Pays")
        @Effect(SideEffect.MONEY)
        public String pay(
                @P("account") @Matches(value = "A-\\d{2}", example = "A-12") String account,
                BigDecimal amount,
                @P(value = "currency", required = false) @Nullable Currency currency) {
            paid++;
            return "paid " + amount + " " + currency + " to " + account;
        }

        @Tool
        @Effect(SideEffect.READ)
        String look() {
            return "looked";
        }

        @Tool
        void note(String text) {
            paid += text.length();
        }

        @Tool
        String explode() throws IOException {
            throw new IOException("disk gone,\n  see below");
        }

        @Tool
        String burst() {
            throw new StackOverflowError();
        }

        @Tool
        String silent() {
            throw new IllegalStateException();
        }

        @Tool
        String interrupted() throws InterruptedException {
            throw new InterruptedException("stop");
        }
    }

    static final class OtherTill {
        @Tool(name = "pay")
        String settle() {
            return "";
        }
    }
}
