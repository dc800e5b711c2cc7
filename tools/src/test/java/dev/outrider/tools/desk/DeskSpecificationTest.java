package dev.outrider.tools.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

import dev.outrider.tools.SideEffect;
import dev.outrider.tools.ToolCatalogue;

class DeskSpecificationTest {

    @Test
    void everyToolIsOfferedWithTheseParametersInThisOrder() {
        try (Desk desk = Desk.inMemory()) {
            assertThat(desk.catalogue().specifications().stream().map(DeskSpecificationTest::signature))
                    .containsExactly(
                            "find_customer(query)",
                            "list_orders(customer_id, status?=open|shipped|delivered|cancelled)",
                            "get_order(order_id)",
                            "track_shipment(order_id)",
                            "check_stock(sku, warehouse?=berlin|lyon|porto)",
                            "search_help(query)",
                            "read_sensor(warehouse=berlin|lyon|porto, kind=temperature|humidity|door)",
                            "get_ticket(ticket_id)",
                            "create_ticket(customer_id, subject, priority?=low|normal|high)",
                            "close_ticket(ticket_id)",
                            "cancel_order(order_id)",
                            "refund_order(order_id, amount:number, reason=damaged|late|wrong_item|unwanted)",
                            "change_address(customer_id, street, postcode, city)",
                            "restock(sku, warehouse=berlin|lyon|porto, quantity:integer)");
        }
    }

    @Test
    void everyToolAndEveryParameterIsDescribed() {
        try (Desk desk = Desk.inMemory()) {
            assertThat(desk.catalogue().specifications()).allSatisfy(tool -> {
                assertThat(tool.description()).isNotBlank();
                assertThat(tool.parameters().properties()).allSatisfy((name, schema) -> assertThat(schema.description())
                        .as(tool.name() + "." + name)
                        .isNotBlank());
            });
        }
    }

    @Test
    void namesListsEveryToolThereIs() {
        try (Desk desk = Desk.inMemory()) {
            assertThat(ToolCatalogue.of(desk.tools()).specifications())
                    .extracting(ToolSpecification::name)
                    .containsExactlyElementsOf(new TreeSet<>(DeskTools.NAMES));
        }
    }

    @Test
    void onlyRefundsMoveMoneyAndReadsOnlyLook() {
        try (Desk desk = Desk.inMemory()) {
            ToolCatalogue catalogue = desk.catalogue();
            Map<SideEffect, List<String>> byEffect =
                    DeskTools.NAMES.stream().collect(Collectors.groupingBy(catalogue::effectOf));
            assertThat(byEffect.get(SideEffect.READ)).isEqualTo(DeskTools.NAMES.subList(0, 8));
            assertThat(byEffect.get(SideEffect.MONEY)).containsExactly("refund_order");
            assertThat(byEffect.get(SideEffect.WRITE)).hasSize(5);
        }
    }

    private static String signature(ToolSpecification tool) {
        return tool.parameters().properties().entrySet().stream()
                .map(p -> p.getKey()
                        + (tool.parameters().required().contains(p.getKey()) ? "" : "?")
                        + type(p.getValue()))
                .collect(Collectors.joining(", ", tool.name() + "(", ")"));
    }

    private static String type(JsonSchemaElement schema) {
        return switch (schema) {
            case JsonEnumSchema e -> "=" + String.join("|", e.enumValues());
            case JsonIntegerSchema i -> ":integer";
            case JsonNumberSchema n -> ":number";
            case JsonStringSchema s -> "";
            default -> ":" + schema;
        };
    }
}
