package dev.outrider.tools.desk;

import java.sql.SQLException;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;

import dev.outrider.tools.desk.Results.Address;
import dev.outrider.tools.desk.Results.CustomerEntry;
import dev.outrider.tools.desk.Results.CustomerList;

/** Who buys here and where they live. */
final class Customers {

    private static final int MOST = 3;
    private static final int MAX_LINE = 100;

    private final DeskDatabase database;

    Customers(DeskDatabase database) {
        this.database = database;
    }

    /** Names are compared without case, accents and extra blanks; an e-mail address without case. */
    static String nameKey(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFD)
                .replaceAll("\\p{M}+", "")
                .toLowerCase(Locale.ROOT)
                .strip()
                .replaceAll("\\s+", " ");
    }

    CustomerList find(String query) {
        String key = nameKey(query);
        List<CustomerEntry> found = database.read(session -> session.all(
                row -> new CustomerEntry(row.getString(1), row.getString(2), row.getString(3), row.getString(4)),
                "SELECT id, name, email, city FROM customer WHERE name_key = ? OR lower(email) = ? ORDER BY id LIMIT ?",
                key,
                key,
                MOST));
        return new CustomerList(found);
    }

    Address changeAddress(String customer, String street, String postcode, String city) {
        Address address = new Address(
                customer, line("street", street), line("postcode", postcode), line("city", city));
        return database.write(session -> {
            require(session, customer);
            session.update(
                    "UPDATE customer SET street = ?, postcode = ?, city = ? WHERE id = ?",
                    address.street(),
                    address.postcode(),
                    address.city(),
                    customer);
            return address;
        });
    }

    /** Refuses to go on when there is no such customer. */
    static void require(Session session, String customer) throws SQLException {
        if (session.one(row -> row.getString(1), "SELECT id FROM customer WHERE id = ?", customer).isEmpty()) {
            throw new Refusal("No customer " + customer + ".");
        }
    }

    /** One line of text a person typed: no blanks around it, not empty, not a novel. */
    static String line(String what, String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        if (line.isEmpty()) {
            throw new Refusal("The " + what + " is empty.");
        }
        if (line.length() > MAX_LINE) {
            throw new Refusal("The " + what + " has " + line.length() + " characters, at most " + MAX_LINE + " fit.");
        }
        return line;
    }
}
