package dev.outrider.tools.desk;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes the tables and fills them with the shop's first day, always the same, from the resources beside this class. */
final class DeskSeed {

    /** "ODSK": marks the file as a desk for {@code file(1)} and for us. */
    static final int APPLICATION_ID = 0x4f44534b;

    /** Raised whenever the schema or the seed changes. */
    static final int VERSION = 1;

    /** Every table, parents before children. */
    static final List<String> TABLES = List.of(
            "customer",
            "product",
            "stock",
            "shop_order",
            "order_item",
            "shipment",
            "refund",
            "ticket",
            "sensor_reading",
            "help_article");

    private DeskSeed() {}

    /** To be run in one transaction: a crash leaves no tables at all, never some of them. */
    static void create(Session session) throws SQLException {
        for (String statement : resource("schema.sql").split(";\\s*\\R")) {
            if (!statement.isBlank()) {
                session.execute(statement);
            }
        }
        customers(session);
        Map<String, Long> prices = products(session);
        orders(session, prices);
        for (String[] row : rows("tickets.tsv")) {
            session.update("INSERT INTO ticket VALUES (?, ?, ?, ?, ?, ?)", (Object[]) row);
        }
        for (String[] row : rows("sensors.tsv")) {
            session.update(
                    "INSERT INTO sensor_reading VALUES (?, ?, ?, ?)", row[0], row[1], row[2], Integer.valueOf(row[3]));
        }
        for (String[] row : rows("help.tsv")) {
            session.update("INSERT INTO help_article (title, text) VALUES (?, ?)", (Object[]) row);
        }
        session.execute("INSERT INTO help_search (help_search) VALUES ('rebuild')");
        session.execute("PRAGMA application_id = " + APPLICATION_ID);
        session.execute("PRAGMA user_version = " + VERSION);
    }

    /** Children before parents; also in one transaction. */
    static void drop(Session session) throws SQLException {
        session.execute("DROP TABLE help_search");
        for (String table : TABLES.reversed()) {
            session.execute("DROP TABLE " + table);
        }
    }

    private static void customers(Session session) throws SQLException {
        for (String[] row : rows("customers.tsv")) {
            session.update(
                    "INSERT INTO customer (id, name, name_key, email, street, postcode, city)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row[0],
                    row[1],
                    Customers.nameKey(row[1]),
                    row[2],
                    row[3],
                    row[4],
                    row[5]);
        }
    }

    private static Map<String, Long> products(Session session) throws SQLException {
        Map<String, Long> prices = new HashMap<>();
        Warehouse[] warehouses = Warehouse.values();
        for (String[] row : rows("products.tsv")) {
            long price = Money.cents(new BigDecimal(row[2]));
            prices.put(row[0], price);
            session.update("INSERT INTO product VALUES (?, ?, ?)", row[0], row[1], price);
            for (int i = 0; i < warehouses.length; i++) {
                session.update(
                        "INSERT INTO stock VALUES (?, ?, ?)",
                        row[0],
                        warehouses[i].name(),
                        Integer.valueOf(row[3 + i]));
            }
        }
        return prices;
    }

    /** An order's items are {@code SKU*quantity …}; its total is what they cost. */
    private static void orders(Session session, Map<String, Long> prices) throws SQLException {
        for (String[] row : rows("orders.tsv")) {
            String[] items = row[4].split(" ");
            long total = 0;
            for (String item : items) {
                String[] part = item.split("\\*");
                total += prices.getOrDefault(part[0], 0L) * Integer.parseInt(part[1]);
            }
            session.update(
                    "INSERT INTO shop_order (id, customer_id, status, placed, total_cents) VALUES (?, ?, ?, ?, ?)",
                    row[0],
                    row[1],
                    row[2],
                    row[3],
                    total);
            for (int line = 0; line < items.length; line++) {
                String[] part = items[line].split("\\*");
                session.update(
                        "INSERT INTO order_item VALUES (?, ?, ?, ?, ?)",
                        row[0],
                        line + 1,
                        part[0],
                        Integer.valueOf(part[1]),
                        prices.getOrDefault(part[0], 0L));
            }
            if (!row[5].isEmpty()) {
                session.update("INSERT INTO shipment VALUES (?, ?, ?, ?)", row[0], row[5], row[6], row[7]);
            }
            if (!row[8].isEmpty()) {
                String[] refund = row[8].split(" ");
                long cents = Money.cents(new BigDecimal(refund[0]));
                session.update(
                        "INSERT INTO refund (order_id, amount_cents, reason, made) VALUES (?, ?, ?, ?)",
                        row[0],
                        cents,
                        refund[1],
                        refund[2]);
                session.update("UPDATE shop_order SET refunded_cents = ? WHERE id = ?", cents, row[0]);
            }
        }
    }

    private static List<String[]> rows(String name) {
        return resource(name)
                .lines()
                .skip(1)
                .map(line -> line.split("\t", -1))
                .toList();
    }

    private static String resource(String name) {
        try (InputStream in = DeskSeed.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new DeskException("the resource " + name + " is missing from the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
