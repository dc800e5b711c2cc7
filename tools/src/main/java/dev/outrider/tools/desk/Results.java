package dev.outrider.tools.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.util.List;

/** What the desk's tools answer, as compact JSON with the fields in the order of the records' components. */
final class Results {

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .serializationInclusion(JsonInclude.Include.ALWAYS)
            .build();

    private Results() {}

    record Refused(String error) {}

    record CustomerEntry(String customerId, String name, String email, String city) {}

    record CustomerList(List<CustomerEntry> customers) {}

    record OrderEntry(String orderId, String status, BigDecimal total, String placed) {}

    record OrderList(List<OrderEntry> orders) {}

    record Item(String sku, int quantity) {}

    record Order(
            String orderId, String customerId, String status, BigDecimal total, String placed, List<Item> items) {}

    record Shipment(String orderId, String carrier, String status, String expected) {}

    record Level(String warehouse, int quantity) {}

    record Stock(String sku, String name, List<Level> stock) {}

    record Article(String title, String text) {}

    record ArticleList(List<Article> articles) {}

    record Reading(String warehouse, String kind, String value) {}

    record Ticket(String ticketId, String customerId, String subject, String priority, String status) {}

    record TicketState(String ticketId, String status) {}

    record OrderState(String orderId, String status) {}

    record Refunded(String orderId, BigDecimal refunded, BigDecimal refundable) {}

    record Address(String customerId, String street, String postcode, String city) {}

    record Restocked(String sku, String warehouse, int quantity) {}

    static String json(Object result) {
        try {
            return JSON.writeValueAsString(result);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of strings and numbers did not become JSON", e);
        }
    }
}
