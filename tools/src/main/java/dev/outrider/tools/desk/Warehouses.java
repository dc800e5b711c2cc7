package dev.outrider.tools.desk;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.tools.desk.Results.Level;
import dev.outrider.tools.desk.Results.Reading;
import dev.outrider.tools.desk.Results.Restocked;
import dev.outrider.tools.desk.Results.Stock;

/** What lies where, and what the sensors there say. */
final class Warehouses {

    private static final int MOST_AT_ONCE = 10_000;

    private final DeskDatabase database;

    Warehouses(DeskDatabase database) {
        this.database = database;
    }

    Stock stock(String sku, @Nullable Warehouse warehouse) {
        return database.read(session -> {
            String name = productName(session, sku);
            List<Level> levels = session.all(
                    row -> new Level(row.getString(1), row.getInt(2)),
                    "SELECT warehouse, quantity FROM stock WHERE sku = ? AND warehouse LIKE ? ORDER BY warehouse",
                    sku,
                    warehouse == null ? "%" : warehouse.name());
            return new Stock(sku, name, levels);
        });
    }

    Restocked restock(String sku, Warehouse warehouse, int quantity) {
        if (quantity < 1 || quantity > MOST_AT_ONCE) {
            throw new Refusal("The quantity must be between 1 and " + MOST_AT_ONCE + ".");
        }
        return database.write(session -> {
            productName(session, sku);
            session.update(
                    "UPDATE stock SET quantity = quantity + ? WHERE sku = ? AND warehouse = ?",
                    quantity,
                    sku,
                    warehouse.name());
            int now = session.one(
                            row -> row.getInt(1),
                            "SELECT quantity FROM stock WHERE sku = ? AND warehouse = ?",
                            sku,
                            warehouse.name())
                    .orElse(0);
            return new Restocked(sku, warehouse.name(), now);
        });
    }

    /** The newest reading. */
    Reading read(Warehouse warehouse, SensorKind kind) {
        int value = database.read(session -> session.one(
                        row -> row.getInt(1),
                        "SELECT value FROM sensor_reading WHERE warehouse = ? AND kind = ? ORDER BY taken DESC LIMIT 1",
                        warehouse.name(),
                        kind.name())
                .orElseThrow(() -> new Refusal("No " + kind + " sensor in " + warehouse + ".")));
        String shown =
                switch (kind) {
                    case temperature -> BigDecimal.valueOf(value, 1) + " C";
                    case humidity -> value + " %";
                    case door -> value == 1 ? "open" : "closed";
                };
        return new Reading(warehouse.name(), kind.name(), shown);
    }

    private static String productName(Session session, String sku) throws SQLException {
        return session.one(row -> row.getString(1), "SELECT name FROM product WHERE sku = ?", sku)
                .orElseThrow(() -> new Refusal("No product " + sku + "."));
    }
}
