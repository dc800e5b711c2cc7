package dev.outrider.tools.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            find_customer | {"query":"mira  VOSS"} | {"customers":[{"customer_id":"C-3071","name":"Mira Voss","email":"mira.voss@example.org","city":"Gent"}]}
            find_customer | {"query":"Mira.Voss@example.org"} | {"customers":[{"customer_id":"C-3071","name":"Mira Voss","email":"mira.voss@example.org","city":"Gent"}]}
            find_customer | {"query":"Matteo Winter"} | {"customers":[{"customer_id":"C-3359","name":"Matteo Winter","email":"winterm@example.org","city":"Hanover"},{"customer_id":"C-8265","name":"Matteo Winter","email":"matteo.winter@example.org","city":"Pamplona"}]}
            find_customer | {"query":"Nobody"} | {"customers":[]}
            get_order | {"order_id":"ORD-48213"} | {"order_id":"ORD-48213","customer_id":"C-3071","status":"shipped","total":59.80,"placed":"2026-03-14","items":[{"sku":"KET-204","quantity":2}]}
            track_shipment | {"order_id":"ORD-48213"} | {"order_id":"ORD-48213","carrier":"Nordpost","status":"in_transit","expected":"2026-03-18"}
            track_shipment | {"order_id":"ORD-41060"} | {"error":"Order ORD-41060 is cancelled and has no shipment."}
            check_stock | {"sku":"KET-204"} | {"sku":"KET-204","name":"Kettle, copper","stock":[{"warehouse":"berlin","quantity":75},{"warehouse":"lyon","quantity":44},{"warehouse":"porto","quantity":38}]}
            check_stock | {"sku":"KET-204","warehouse":"lyon"} | {"sku":"KET-204","name":"Kettle, copper","stock":[{"warehouse":"lyon","quantity":44}]}
            read_sensor | {"warehouse":"lyon","kind":"temperature"} | {"warehouse":"lyon","kind":"temperature","value":"21.4 C"}
            read_sensor | {"warehouse":"lyon","kind":"humidity"} | {"warehouse":"lyon","kind":"humidity","value":"48 %"}
            read_sensor | {"warehouse":"porto","kind":"door"} | {"warehouse":"porto","kind":"door","value":"open"}
            read_sensor | {"warehouse":"lyon","kind":"door"} | {"warehouse":"lyon","kind":"door","value":"closed"}
            get_order | {"order_id":"ORD-99999"} | {"error":"No order ORD-99999."}
            list_orders | {"customer_id":"C-9999"} | {"error":"No customer C-9999."}
            check_stock | {"sku":"ZZZ-000"} | {"error":"No product ZZZ-000."}
            get_ticket | {"ticket_id":"T-0000"} | {"error":"No ticket T-0000."}
            create_ticket | {"customer_id":"C-3071","subject":"Lid is missing"} | {"ticket_id":"T-5901","status":"open"}
            create_ticket | {"customer_id":"C-9999","subject":"Lid is missing"} | {"error":"No customer C-9999."}
            create_ticket | {"customer_id":"C-3071","subject":"  "} | {"error":"The subject is empty."}
            close_ticket | {"ticket_id":"T-0000"} | {"error":"No ticket T-0000."}
            cancel_order | {"order_id":"ORD-41272"} | {"order_id":"ORD-41272","status":"cancelled"}
            cancel_order | {"order_id":"ORD-48213"} | {"error":"Order ORD-48213 is shipped and cannot be cancelled."}
            refund_order | {"order_id":"ORD-48213","amount":24.9,"reason":"late"} | {"order_id":"ORD-48213","refunded":24.90,"refundable":34.90}
            refund_order | {"order_id":"ORD-48213","amount":59.8,"reason":"late"} | {"order_id":"ORD-48213","refunded":59.80,"refundable":0.00}
            refund_order | {"order_id":"ORD-48213","amount":59.81,"reason":"late"} | {"error":"Order ORD-48213 has only 59.80 left to refund."}
            refund_order | {"order_id":"ORD-48213","amount":0,"reason":"late"} | {"error":"The amount must be more than 0.00."}
            refund_order | {"order_id":"ORD-48213","amount":-5,"reason":"late"} | {"error":"The amount must be more than 0.00."}
            refund_order | {"order_id":"ORD-48213","amount":1.005,"reason":"late"} | {"error":"The amount may have two decimals at most."}
            refund_order | {"order_id":"ORD-48213","amount":1e17,"reason":"late"} | {"error":"The amount is too large."}
            refund_order | {"order_id":"ORD-41272","amount":5,"reason":"unwanted"} | {"error":"Order ORD-41272 is still open; cancel it instead."}
            change_address | {"customer_id":"C-3071","street":" Langestraat  5 ","postcode":"9000","city":"Gent"} | {"customer_id":"C-3071","street":"Langestraat 5","postcode":"9000","city":"Gent"}
            change_address | {"customer_id":"C-3071","street":"","postcode":"9000","city":"Gent"} | {"error":"The street is empty."}
            restock | {"sku":"KET-204","warehouse":"berlin","quantity":6} | {"sku":"KET-204","warehouse":"berlin","quantity":81}
            restock | {"sku":"KET-204","warehouse":"berlin","quantity":0} | {"error":"The quantity must be between 1 and 10000."}
            """)
    void answersExactlyThisJson(String tool, String arguments, String expected) {
        ToolOutcome outcome = call(tool, arguments);
        assertThat(outcome.text()).isEqualTo(expected);
        assertThat(outcome.succeeded()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            get_order | {"order_id":"48213"} | Argument 'order_id' is the string \\"48213\\", expected the form ORD-12345.
            list_orders | {"customer_id":"C-3071","status":"SHIPPED"} | Argument 'status' is the string \\"SHIPPED\\", allowed are open, shipped, delivered, cancelled.
            refund_order | {"order_id":"ORD-48213","amount":"24.90","reason":"late"} | Argument 'amount' is the string \\"24.90\\", expected a number.
            refund_order | {"order_id":"ORD-48213","reason":"late"} | Argument 'amount' is missing.
            restock | {"sku":"ket-204","warehouse":"berlin","quantity":1} | Argument 'sku' is the string \\"ket-204\\", expected the form ABC-123.
            restock | {"sku":"KET-204","warehouse":"berlin","quantity":1.5} | Argument 'quantity' is the number 1.5, expected an integer.
            """)
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
        String made = call("create_ticket", "{\"customer_id\":\"C-3071\",\"subject\":\"Lid is missing\",\"priority\":\"high\"}")
                .text();
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
        assertThat(call("search_help", "{\"query\":\"" + question + "\"}").text()).contains("\"title\":\"" + title + "\"");
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
