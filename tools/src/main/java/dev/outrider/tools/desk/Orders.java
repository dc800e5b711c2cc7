package dev.outrider.tools.desk;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.tools.desk.Results.Item;
import dev.outrider.tools.desk.Results.Order;
import dev.outrider.tools.desk.Results.OrderEntry;
import dev.outrider.tools.desk.Results.OrderList;
import dev.outrider.tools.desk.Results.OrderState;
import dev.outrider.tools.desk.Results.Refunded;
import dev.outrider.tools.desk.Results.Shipment;

/** Orders, their parcels and their money. */
final class Orders {

    private static final int MOST = 5;

    private final DeskDatabase database;
    private final InstantSource clock;

    Orders(DeskDatabase database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    OrderList list(String customer, @Nullable OrderStatus status) {
        return database.read(session -> {
            Customers.require(session, customer);
            return new OrderList(session.all(
                    row -> new OrderEntry(
                            row.getString(1), row.getString(2), Money.euros(row.getLong(3)), row.getString(4)),
                    "SELECT id, status, total_cents, placed FROM shop_order"
                            + " WHERE customer_id = ?1 AND status LIKE ?2 ORDER BY placed DESC, id DESC LIMIT ?3",
                    customer,
                    status == null ? "%" : status.name(),
                    MOST));
        });
    }

    Order get(String order) {
        return database.read(session -> {
            List<Item> items = session.all(
                    row -> new Item(row.getString(1), row.getInt(2)),
                    "SELECT sku, quantity FROM order_item WHERE order_id = ? ORDER BY line",
                    order);
            return session.one(
                            row -> new Order(
                                    order,
                                    row.getString(1),
                                    row.getString(2),
                                    Money.euros(row.getLong(3)),
                                    row.getString(4),
                                    items),
                            "SELECT customer_id, status, total_cents, placed FROM shop_order WHERE id = ?",
                            order)
                    .orElseThrow(() -> unknown(order));
        });
    }

    Shipment track(String order) {
        return database.read(session -> {
            State state = state(session, order);
            return session.one(
                            row -> new Shipment(order, row.getString(1), row.getString(2), row.getString(3)),
                            "SELECT carrier, status, expected FROM shipment WHERE order_id = ?",
                            order)
                    .orElseThrow(() -> new Refusal("Order " + order + " is " + state.status + " and has no shipment."));
        });
    }

    /** Only what has not left the house can be cancelled; its parcel is called off too. */
    OrderState cancel(String order) {
        return database.write(session -> {
            State state = state(session, order);
            if (!state.status.equals(OrderStatus.open.name())) {
                throw new Refusal("Order " + order + " is " + state.status + " and cannot be cancelled.");
            }
            session.update("UPDATE shop_order SET status = 'cancelled' WHERE id = ?", order);
            session.update("DELETE FROM shipment WHERE order_id = ?", order);
            return new OrderState(order, OrderStatus.cancelled.name());
        });
    }

    /** Never gives back more than is left; the order and the list of refunds change together or not at all. */
    Refunded refund(String order, BigDecimal amount, RefundReason reason) {
        long cents = Money.cents(amount);
        String today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString();
        return database.write(session -> {
            State state = state(session, order);
            if (state.status.equals(OrderStatus.open.name())) {
                throw new Refusal("Order " + order + " is still open; cancel it instead.");
            }
            long left = state.total - state.refunded;
            if (cents > left) {
                throw new Refusal(
                        left == 0
                                ? "Order " + order + " is already refunded in full."
                                : "Order " + order + " has only " + Money.euros(left) + " left to refund.");
            }
            session.update(
                    "INSERT INTO refund (order_id, amount_cents, reason, made) VALUES (?, ?, ?, ?)",
                    order,
                    cents,
                    reason.name(),
                    today);
            session.update("UPDATE shop_order SET refunded_cents = refunded_cents + ? WHERE id = ?", cents, order);
            return new Refunded(order, Money.euros(cents), Money.euros(left - cents));
        });
    }

    private record State(String status, long total, long refunded) {}

    private static State state(Session session, String order) throws SQLException {
        return session.one(
                        row -> new State(row.getString(1), row.getLong(2), row.getLong(3)),
                        "SELECT status, total_cents, refunded_cents FROM shop_order WHERE id = ?",
                        order)
                .orElseThrow(() -> unknown(order));
    }

    private static Refusal unknown(String order) {
        return new Refusal("No order " + order + ".");
    }
}
