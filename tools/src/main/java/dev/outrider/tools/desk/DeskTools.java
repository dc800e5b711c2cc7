package dev.outrider.tools.desk;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.tools.Effect;
import dev.outrider.tools.Matches;
import dev.outrider.tools.SideEffect;

/**
 * The desk's fourteen tools. Each answers compact JSON; what the shop's rules do not allow is answered with
 * {@code {"error":"…"}} and changes nothing. A database that does not work is thrown as {@link DeskException}.
 */
public final class DeskTools {

    /** The tools' names, reads first, in the order in which models are offered them. */
    public static final List<String> NAMES = List.of(
            "find_customer",
            "list_orders",
            "get_order",
            "track_shipment",
            "check_stock",
            "search_help",
            "read_sensor",
            "get_ticket",
            "create_ticket",
            "close_ticket",
            "cancel_order",
            "refund_order",
            "change_address",
            "restock");

    private static final String ORDER = "ORD-\\d{5}";
    private static final String ORDER_EXAMPLE = "ORD-12345";
    private static final String CUSTOMER = "C-\\d{4}";
    private static final String CUSTOMER_EXAMPLE = "C-1234";
    private static final String TICKET = "T-\\d{4}";
    private static final String TICKET_EXAMPLE = "T-1234";
    private static final String SKU = "[A-Z]{3}-\\d{3}";
    private static final String SKU_EXAMPLE = "ABC-123";

    private final Customers customers;
    private final Orders orders;
    private final Warehouses warehouses;
    private final HelpDesk helpDesk;

    DeskTools(Customers customers, Orders orders, Warehouses warehouses, HelpDesk helpDesk) {
        this.customers = customers;
        this.orders = orders;
        this.warehouses = warehouses;
        this.helpDesk = helpDesk;
    }

    @Tool(name = "find_customer", value = "Finds customers by their full name or e-mail address; gives their numbers.")
    @Effect(SideEffect.READ)
    public String findCustomer(@P(name = "query", description = "Full name or e-mail address.") String query) {
        return answer(() -> customers.find(query));
    }

    @Tool(name = "list_orders", value = "Lists a customer's newest orders, five at most.")
    @Effect(SideEffect.READ)
    public String listOrders(
            @P(name = "customer_id", description = "Customer number, like C-1234.")
                    @Matches(value = CUSTOMER, example = CUSTOMER_EXAMPLE)
                    String customerId,
            @P(name = "status", description = "Only orders in this state.", required = false)
                    @Nullable OrderStatus status) {
        return answer(() -> orders.list(customerId, status));
    }

    @Tool(name = "get_order", value = "Shows one order: its customer, state, total, date and items.")
    @Effect(SideEffect.READ)
    public String getOrder(
            @P(name = "order_id", description = "Order number, like ORD-12345.")
                    @Matches(value = ORDER, example = ORDER_EXAMPLE)
                    String orderId) {
        return answer(() -> orders.get(orderId));
    }

    @Tool(name = "track_shipment", value = "Tells where an order's parcel is and when it is expected.")
    @Effect(SideEffect.READ)
    public String trackShipment(
            @P(name = "order_id", description = "Order number, like ORD-12345.")
                    @Matches(value = ORDER, example = ORDER_EXAMPLE)
                    String orderId) {
        return answer(() -> orders.track(orderId));
    }

    @Tool(name = "check_stock", value = "Tells how many pieces of a product lie in the warehouses.")
    @Effect(SideEffect.READ)
    public String checkStock(
            @P(name = "sku", description = "Product number, like ABC-123.")
                    @Matches(value = SKU, example = SKU_EXAMPLE)
                    String sku,
            @P(name = "warehouse", description = "Only this warehouse.", required = false)
                    @Nullable Warehouse warehouse) {
        return answer(() -> warehouses.stock(sku, warehouse));
    }

    @Tool(
            name = "search_help",
            value = "Searches the shop's help articles: returns, warranty, payment, delivery, care of products.")
    @Effect(SideEffect.READ)
    public String searchHelp(@P(name = "query", description = "The customer's question as asked.") String query) {
        return answer(() -> helpDesk.search(query));
    }

    @Tool(
            name = "read_sensor",
            value = "Reads a sensor in a warehouse: temperature, humidity, or whether the door is open.")
    @Effect(SideEffect.READ)
    public String readSensor(
            @P(name = "warehouse", description = "Which warehouse.") Warehouse warehouse,
            @P(name = "kind", description = "What to read.") SensorKind kind) {
        return answer(() -> warehouses.read(warehouse, kind));
    }

    @Tool(name = "get_ticket", value = "Shows one support ticket: its customer, subject, priority and state.")
    @Effect(SideEffect.READ)
    public String getTicket(
            @P(name = "ticket_id", description = "Ticket number, like T-1234.")
                    @Matches(value = TICKET, example = TICKET_EXAMPLE)
                    String ticketId) {
        return answer(() -> helpDesk.ticket(ticketId));
    }

    @Tool(name = "create_ticket", value = "Opens a support ticket for a customer.")
    @Effect(SideEffect.WRITE)
    public String createTicket(
            @P(name = "customer_id", description = "Customer number, like C-1234.")
                    @Matches(value = CUSTOMER, example = CUSTOMER_EXAMPLE)
                    String customerId,
            @P(name = "subject", description = "What it is about, in a few words.") String subject,
            @P(name = "priority", description = "How urgent; normal if not said.", required = false)
                    @Nullable TicketPriority priority) {
        return answer(() -> helpDesk.open(customerId, subject, priority));
    }

    @Tool(name = "close_ticket", value = "Closes an open support ticket.")
    @Effect(SideEffect.WRITE)
    public String closeTicket(
            @P(name = "ticket_id", description = "Ticket number, like T-1234.")
                    @Matches(value = TICKET, example = TICKET_EXAMPLE)
                    String ticketId) {
        return answer(() -> helpDesk.close(ticketId));
    }

    @Tool(name = "cancel_order", value = "Cancels an order that has not been shipped yet.")
    @Effect(SideEffect.WRITE)
    public String cancelOrder(
            @P(name = "order_id", description = "Order number, like ORD-12345.")
                    @Matches(value = ORDER, example = ORDER_EXAMPLE)
                    String orderId) {
        return answer(() -> orders.cancel(orderId));
    }

    @Tool(name = "refund_order", value = "Pays money back for an order, never more than is left of its total.")
    @Effect(SideEffect.MONEY)
    public String refundOrder(
            @P(name = "order_id", description = "Order number, like ORD-12345.")
                    @Matches(value = ORDER, example = ORDER_EXAMPLE)
                    String orderId,
            @P(name = "amount", description = "Euros to pay back.") BigDecimal amount,
            @P(name = "reason", description = "Why.") RefundReason reason) {
        return answer(() -> orders.refund(orderId, amount, reason));
    }

    @Tool(name = "change_address", value = "Changes a customer's postal address.")
    @Effect(SideEffect.WRITE)
    public String changeAddress(
            @P(name = "customer_id", description = "Customer number, like C-1234.")
                    @Matches(value = CUSTOMER, example = CUSTOMER_EXAMPLE)
                    String customerId,
            @P(name = "street", description = "Street and house number.") String street,
            @P(name = "postcode", description = "Postcode.") String postcode,
            @P(name = "city", description = "City.") String city) {
        return answer(() -> customers.changeAddress(customerId, street, postcode, city));
    }

    @Tool(name = "restock", value = "Books newly arrived pieces of a product into a warehouse; gives the new quantity.")
    @Effect(SideEffect.WRITE)
    public String restock(
            @P(name = "sku", description = "Product number, like ABC-123.")
                    @Matches(value = SKU, example = SKU_EXAMPLE)
                    String sku,
            @P(name = "warehouse", description = "Which warehouse.") Warehouse warehouse,
            @P(name = "quantity", description = "How many pieces came in.") int quantity) {
        return answer(() -> warehouses.restock(sku, warehouse, quantity));
    }

    private static String answer(Supplier<Object> work) {
        try {
            return Results.json(work.get());
        } catch (Refusal refusal) {
            return Results.json(new Results.Refused(String.valueOf(refusal.getMessage())));
        }
    }
}
