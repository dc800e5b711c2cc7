package dev.outrider.tools.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The shop's people, places and things are its own: nothing a model was trained on may start with these letters. */
class DeskEntitiesTest {

    @Test
    void peopleStreetsAndCitiesStartWithTheDesksLetters() {
        assertThat(column("SELECT name FROM customer")).allMatch(name -> name.matches("[MIT]\\p{L}+ [VWKZ]\\p{L}+"));
        assertThat(column("SELECT street FROM customer")).allMatch(street -> street.matches("[KLB].*"));
        assertThat(column("SELECT city FROM customer"))
                .allMatch(city -> city.matches("[GHP].*") && !city.equals("Porto"));
        assertThat(column("SELECT email FROM customer")).allMatch(email -> email.matches("[^@]+@example\\.(org|net)"));
    }

    @Test
    void numbersStartWithTheDesksDigits() {
        assertThat(column("SELECT id FROM customer")).allMatch(id -> id.matches("C-[38].*"));
        assertThat(column("SELECT id FROM shop_order")).allMatch(id -> id.matches("ORD-[47].*"));
        assertThat(column("SELECT id FROM ticket")).allMatch(id -> id.matches("T-5.*"));
    }

    @Test
    void productsStartWithTheDesksLetters() {
        assertThat(column("SELECT sku FROM product")).allMatch(sku -> sku.matches("[KTL].*"));
        assertThat(column("SELECT name FROM product")).allMatch(name -> name.matches("[KTL].*"));
    }

    private static List<String> column(String sql) {
        try (Desk desk = Desk.inMemory()) {
            List<String> values = desk.database().read(session -> session.all(row -> row.getString(1), sql));
            assertThat(values).isNotEmpty();
            return values;
        }
    }
}
