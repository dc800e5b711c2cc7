package dev.outrider.router.budget;

import java.sql.SQLDataException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import dev.outrider.router.budget.BudgetStore.Leg;

/**
 * What a lease took, as text in its row: one line {@code WINDOW AMOUNT ACCOUNT} for each account it took from. The
 * names of accounts have no line breaks.
 */
final class SqlLegs {

    /** Order in which accounts are visited; equal for legs of one account and window. */
    static final Comparator<Leg> ORDER = Comparator.comparing(Leg::account).thenComparingLong(Leg::window);

    private SqlLegs() {}

    static String write(List<Leg> legs) {
        StringBuilder text = new StringBuilder(legs.size() * 64);
        for (Leg leg : legs) {
            if (leg.amount() > 0) {
                text.append(leg.window()).append(' ').append(leg.amount()).append(' ').append(leg.account());
                text.append('\n');
            }
        }
        return text.toString();
    }

    /** @throws SQLDataException when the text is of another form */
    static List<Leg> read(String text) throws SQLDataException {
        List<Leg> legs = new ArrayList<>();
        try {
            for (String line : text.lines().toList()) {
                String[] parts = line.split(" ", 3);
                legs.add(new Leg(parts[2], Long.parseLong(parts[0]), Long.parseLong(parts[1]), 0));
            }
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new SQLDataException("a lease says \"" + text + "\" where WINDOW AMOUNT ACCOUNT belongs", e);
        }
        return legs;
    }
}
