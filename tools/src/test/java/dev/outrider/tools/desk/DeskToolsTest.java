package dev.outrider.tools.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.tools.ToolCatalogue;
import dev.outrider.tools.ToolOutcome;

class DeskToolsTest {

    private final Desk desk = Desk.inMemory();
    private final ToolCatalogue catalogue = desk.catalogue();

    @AfterEach
    void close() {
        desk.close();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvFileSource(resources = "answers.txt", delimiter = '|', quoteCharacter = '`', numLinesToSkip = 1)
    void answersExactlyThisJson(String tool, String arguments, String expected) {
        ToolOutcome outcome = call(tool, arguments);
        assertThat(outcome.text()).isEqualTo(expected);
        assertThat(outcome.succeeded()).isTrue();
    }

    @ParameterizedTest
    @CsvFileSource(resources = "misfits.txt", delimiter = '|', quoteCharacter = '`', numLinesToSkip = 1)
    void refusesArgumentsThatDoNotFitBeforeAnythingRuns(String tool, String arguments, String expected) {
        String before = desk.digest();
        ToolOutcome outcome = call(tool, arguments);
        assertThat(outcome.text()).isEqualTo("{\"error\":\"" + expected + "\"}");
        assertThat(outcome.succeeded()).isFalse();
        assertThat(desk.digest()).isEqualTo(before);
    }

    @Test
    void listsTheNewestFiveOrdersFirst() {
        String all = call("list_orders", "{\"customer_id\":\"C-3576\"}").text();
        assertThat(all).startsWith("{\"orders\":[{\"order_id\":\"ORD-").endsWith("\"}]}");
        assertThat(all.split("order_id")).hasSizeBetween(2, 6);
        assertThat(call("list_orders", "{\"customer_id\":\"C-3576\",\"status\":\"open\"}").text())
                .contains("\"status\":\"open\"")
                .doesNotContain("delivered");
    }

    @Test
    void refundsAddUpAndStopAtTheTotal() {
        assertThat(refund("50.00")).contains("\"refundable\":9.80");
        assertThat(refund("9.81")).isEqualTo("{\"error\":\"Order ORD-48213 has only 9.80 left to refund.\"}");
        assertThat(refund("9.80")).contains("\"refundable\":0.00");
        assertThat(refund("0.01")).isEqualTo("{\"error\":\"Order ORD-48213 is already refunded in full.\"}");
    }

    @Test
    void aClosedTicketIsNotClosedAgainAndANewOneCanBeRead() {
        String arguments = "{\"customer_id\":\"C-3071\",\"subject\":\"Lid is missing\",\"priority\":\"high\"}";
        String made = call("create_ticket", arguments).text();
        assertThat(made).isEqualTo("{\"ticket_id\":\"T-5901\",\"status\":\"open\"}");
        assertThat(call("get_ticket", "{\"ticket_id\":\"T-5901\"}").text())
                .isEqualTo("{\"ticket_id\":\"T-5901\",\"customer_id\":\"C-3071\",\"subject\":\"Lid is missing\","
                        + "\"priority\":\"high\",\"status\":\"open\"}");
        assertThat(call("close_ticket", "{\"ticket_id\":\"T-5901\"}").text())
                .isEqualTo("{\"ticket_id\":\"T-5901\",\"status\":\"closed\"}");
        assertThat(call("close_ticket", "{\"ticket_id\":\"T-5901\"}").text())
                .isEqualTo("{\"error\":\"Ticket T-5901 is already closed.\"}");
    }

    @Test
    void aCancelledOrderHasNoParcelAndIsNotCancelledTwice() {
        call("cancel_order", "{\"order_id\":\"ORD-41272\"}");
        assertThat(call("track_shipment", "{\"order_id\":\"ORD-41272\"}").text())
                .isEqualTo("{\"error\":\"Order ORD-41272 is cancelled and has no shipment.\"}");
        assertThat(call("cancel_order", "{\"order_id\":\"ORD-41272\"}").text())
                .isEqualTo("{\"error\":\"Order ORD-41272 is cancelled and cannot be cancelled.\"}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            How do I get limescale out of my kettle? | Descaling a kettle
            can i give back a present | Giving a present back
            Do you take Mastercard? | Accepted payment cards
            How long does the guarantee on a toaster run? | Guarantee
            forgot my password :( | Resetting a password
            Which bulb goes into the lamp | Lamps and bulbs
            """)
    void findsTheHelpArticleAQuestionIsAbout(String question, String title) {
        assertThat(call("search_help", "{\"query\":\"" + question + "\"}").text())
                .contains("\"title\":\"" + title + "\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ` `
            the of and
            xyzzy
            \\" OR title:* NEAR(
            kettle' --
            """)
    void searchNeverTakesAQuestionForSyntax(String question) {
        ToolOutcome outcome = call("search_help", "{\"query\":\"" + question + "\"}");
        assertThat(outcome.succeeded()).as(outcome.text()).isTrue();
        assertThat(outcome.text()).startsWith("{\"articles\":[");
    }

    @Test
    void sqlInANameIsOnlyAName() {
        String before = desk.digest();
        assertThat(call("find_customer", "{\"query\":\"x' OR '1'='1\"}").text()).isEqualTo("{\"customers\":[]}");
        assertThat(desk.digest()).isEqualTo(before);
    }

    private String refund(String amount) {
        return call("refund_order", "{\"order_id\":\"ORD-48213\",\"amount\":" + amount + ",\"reason\":\"damaged\"}")
                .text();
    }

    private ToolOutcome call(String tool, String arguments) {
        return catalogue.execute(ToolExecutionRequest.builder()
                .id("c1")
                .name(tool)
                .arguments(arguments)
                .build());
    }
}
