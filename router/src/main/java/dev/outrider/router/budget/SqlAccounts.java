package dev.outrider.router.budget;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.outrider.router.budget.BudgetStore.Attempt;
import dev.outrider.router.budget.BudgetStore.Balance;
import dev.outrider.router.budget.BudgetStore.Demand;
import dev.outrider.router.budget.BudgetStore.Finish;
import dev.outrider.router.budget.BudgetStore.Leg;
import dev.outrider.router.budget.BudgetStore.NotCovered;
import dev.outrider.router.budget.BudgetStore.Take;
import dev.outrider.router.budget.BudgetStore.Taken;
import dev.outrider.router.budget.BudgetStore.Ticket;

/**
 * The accounts as SQL that SQLite and PostgreSQL both speak, on one connection with its statements prepared. Beginning
 * and ending transactions is the caller's; every method here runs in one. A row of an account is changed by one
 * statement that checks and changes at once (a plain update where the account is known and in the window that is asked
 * for, which costs half of an upsert), and accounts are visited in the order of their names, so that transactions
 * of many connections neither overspend nor wait for each other in a circle.
 *
 * <p>A lease is a row as long as it is out. Settling and giving back delete it: that way the table stays small. An
 * expired one stays for a day, so that "was booked" and "expired" can be told apart. A charge without a row of its own
 * leaves a mark in a table beside, so that it is not booked again when nobody knows whether it was.
 */
final class SqlAccounts {

    /** For how long after its expiry an expired lease is kept. */
    private static final long KEPT = Duration.ofDays(1).toMillis();

    /** For how long after the expiry of its lease the mark of a charge is kept. There may be one for every query. */
    private static final long MARK_KEPT = Duration.ofHours(1).toMillis();

    private static final int OUT = 0;
    private static final int EXPIRED = 1;

    /** Adds to what is leased if the account is in that very window, as it nearly always is, and covers it. */
    private static final String TAKE_MORE =
            """
            UPDATE outrider_budget_account SET leased = leased + ?, forget_at = ?
            WHERE account = ? AND window_no = ? AND spent + leased <= ?
            """;

    /** Adds to what is leased, in a new window from nothing, if the account covers it. */
    private static final String TAKE =
            """
            INSERT INTO outrider_budget_account AS a (account, window_no, spent, leased, total, forget_at)
            VALUES (?, ?, 0, ?, 0, ?)
            ON CONFLICT (account) DO UPDATE SET
              spent = CASE WHEN excluded.window_no > a.window_no THEN 0 ELSE a.spent END,
              leased = excluded.leased + CASE WHEN excluded.window_no > a.window_no THEN 0 ELSE a.leased END,
              window_no = CASE WHEN excluded.window_no > a.window_no THEN excluded.window_no ELSE a.window_no END,
              forget_at = excluded.forget_at
            WHERE excluded.window_no > a.window_no OR a.spent + a.leased <= ?
            RETURNING window_no
            """;

    /** Gives back to the window that it was taken from, if that is still the newest one. */
    private static final String GIVE_BACK =
            "UPDATE outrider_budget_account SET leased = leased - ? WHERE account = ? AND window_no = ?";

    /** Gives back and books a charge if the account is in that very window. */
    private static final String BOOK_MORE =
            """
            UPDATE outrider_budget_account SET leased = leased - ?, spent = spent + ?, total = total + ?
            WHERE account = ? AND window_no = ?
            """;

    /** Gives back and books a charge; the last but one parameter is 1 when it counts whatever the window. */
    private static final String BOOK =
            """
            INSERT INTO outrider_budget_account AS a (account, window_no, spent, leased, total, forget_at)
            VALUES (?, ?, ?, 0, ?, ?)
            ON CONFLICT (account) DO UPDATE SET
              leased = CASE WHEN excluded.window_no > a.window_no THEN 0
                            WHEN excluded.window_no = a.window_no THEN a.leased - ? ELSE a.leased END,
              spent = CASE WHEN excluded.window_no > a.window_no THEN excluded.spent
                           WHEN excluded.window_no = a.window_no OR ? = 1 THEN a.spent + excluded.spent
                           ELSE a.spent END,
              window_no = CASE WHEN excluded.window_no > a.window_no THEN excluded.window_no ELSE a.window_no END,
              total = a.total + excluded.total
            """;

    private static final String BALANCE =
            "SELECT window_no, spent, leased, total FROM outrider_budget_account WHERE account = ?";

    private static final String INSERT_LEASE =
            "INSERT INTO outrider_budget_lease (id, state, expires, legs) VALUES (?, " + OUT + ", ?, ?)";

    private static final String INSERT_MARK =
            "INSERT INTO outrider_budget_mark (id, expires) VALUES (?, ?) ON CONFLICT DO NOTHING";

    private static final String DELETE_LEASE = "DELETE FROM outrider_budget_lease WHERE id = ? AND state = ?";

    private static final String COUNT_OUT = "SELECT count(*) FROM outrider_budget_lease WHERE state = " + OUT;

    private static final String PURGE_LEASES =
            "DELETE FROM outrider_budget_lease WHERE state <> " + OUT + " AND expires < ?";

    private static final String PURGE_MARKS = "DELETE FROM outrider_budget_mark WHERE expires < ?";

    private static final String PURGE_ACCOUNTS =
            "DELETE FROM outrider_budget_account WHERE forget_at < ? AND leased = 0";

    /** No window. */
    private static final long NONE = Long.MIN_VALUE;

    private final PreparedStatement takeMore;
    private final PreparedStatement take;
    private final PreparedStatement giveBack;
    private final PreparedStatement bookMore;
    private final PreparedStatement book;
    private final PreparedStatement balance;
    private final PreparedStatement insertLease;
    private final PreparedStatement insertMark;
    private final PreparedStatement deleteLease;
    private final PreparedStatement expire;
    private final PreparedStatement countOut;
    private final PreparedStatement purgeLeases;
    private final PreparedStatement purgeMarks;
    private final PreparedStatement purgeAccounts;

    SqlAccounts(Connection connection, SqlDialect dialect) throws SQLException {
        this.takeMore = connection.prepareStatement(TAKE_MORE);
        this.take = connection.prepareStatement(TAKE);
        this.giveBack = connection.prepareStatement(GIVE_BACK);
        this.bookMore = connection.prepareStatement(BOOK_MORE);
        this.book = connection.prepareStatement(BOOK);
        this.balance = connection.prepareStatement(BALANCE);
        this.insertLease = connection.prepareStatement(INSERT_LEASE);
        this.insertMark = connection.prepareStatement(INSERT_MARK);
        this.deleteLease = connection.prepareStatement(DELETE_LEASE);
        this.expire = connection.prepareStatement(dialect.expire());
        this.countOut = connection.prepareStatement(COUNT_OUT);
        this.purgeLeases = connection.prepareStatement(PURGE_LEASES);
        this.purgeMarks = connection.prepareStatement(PURGE_MARKS);
        this.purgeAccounts = connection.prepareStatement(PURGE_ACCOUNTS);
    }

    /** Takes from all accounts; when one does not cover it, what was taken before it is given back at once. */
    Take take(long id, List<Demand> demands, long expires) throws SQLException {
        List<Leg> legs = new ArrayList<>(demands.size());
        for (int i = 0; i < demands.size(); i++) {
            Demand demand = demands.get(i);
            long window = demand.window();
            if (demand.amount() > 0) {
                long granted = demand.amount() > demand.limit() ? NONE : take(demand);
                if (granted == NONE) {
                    giveBack(legs);
                    return new NotCovered(i, balance(demand.account(), window));
                }
                window = granted;
            }
            legs.add(new Leg(demand.account(), window, demand.amount(), demand.forgetAt()));
        }
        Ticket ticket = new Ticket(id, List.copyOf(legs), expires);
        if (ticket.tookAnything()) {
            insertLease.setLong(1, id);
            insertLease.setLong(2, expires);
            insertLease.setString(3, SqlLegs.write(legs));
            insertLease.executeUpdate();
        }
        return new Taken(ticket);
    }

    /** Gives the window that it was taken from. */
    private long take(Demand demand) throws SQLException {
        takeMore.setLong(1, demand.amount());
        takeMore.setLong(2, demand.forgetAt());
        takeMore.setString(3, demand.account());
        takeMore.setLong(4, demand.window());
        takeMore.setLong(5, demand.limit() - demand.amount());
        if (takeMore.executeUpdate() == 1) {
            return demand.window();
        }
        take.setString(1, demand.account());
        take.setLong(2, demand.window());
        take.setLong(3, demand.amount());
        take.setLong(4, demand.forgetAt());
        take.setLong(5, demand.limit() - demand.amount());
        try (ResultSet row = take.executeQuery()) {
            return row.next() ? row.getLong(1) : NONE;
        }
    }

    private void giveBack(List<Leg> legs) throws SQLException {
        for (Leg leg : legs) {
            if (leg.amount() > 0) {
                giveBack.setLong(1, leg.amount());
                giveBack.setString(2, leg.account());
                giveBack.setLong(3, leg.window());
                giveBack.executeUpdate();
            }
        }
    }

    Finish finish(Ticket ticket, long[] charges, Attempt attempt) throws SQLException {
        Finish finish = attempt == Attempt.LATE ? mark(ticket) : remove(ticket, attempt);
        if (finish == Finish.BOOKED_BEFORE) {
            return finish;
        }
        for (int i = 0; i < charges.length; i++) {
            Leg leg = ticket.legs().get(i);
            long back = finish == Finish.BOOKED ? leg.amount() : 0;
            if (charges[i] > 0) {
                book(leg, charges[i], back);
            } else if (back > 0) {
                giveBack(List.of(leg));
            }
        }
        return finish;
    }

    /** An earlier attempt can have done nothing but remove the row, so a missing row says that it was carried out. */
    private Finish remove(Ticket ticket, Attempt attempt) throws SQLException {
        if (changes(deleteLease, ticket.id(), OUT)) {
            return Finish.BOOKED;
        }
        return changes(deleteLease, ticket.id(), EXPIRED) || attempt == Attempt.FIRST
                ? Finish.BOOKED_LATE
                : Finish.BOOKED_BEFORE;
    }

    private Finish mark(Ticket ticket) throws SQLException {
        insertMark.setLong(1, ticket.id());
        insertMark.setLong(2, ticket.expires());
        if (insertMark.executeUpdate() == 0) {
            return Finish.BOOKED_BEFORE;
        }
        return ticket.tookAnything() ? remove(ticket, Attempt.FIRST) : Finish.BOOKED_LATE;
    }

    private static boolean changes(PreparedStatement statement, long id, int state) throws SQLException {
        statement.setLong(1, id);
        statement.setInt(2, state);
        return statement.executeUpdate() == 1;
    }

    private void book(Leg leg, long charge, long back) throws SQLException {
        bookMore.setLong(1, back);
        bookMore.setLong(2, charge);
        bookMore.setLong(3, charge);
        bookMore.setString(4, leg.account());
        bookMore.setLong(5, leg.window());
        if (bookMore.executeUpdate() == 1) {
            return;
        }
        book.setString(1, leg.account());
        book.setLong(2, leg.window());
        book.setLong(3, charge);
        book.setLong(4, charge);
        book.setLong(5, leg.forgetAt());
        book.setLong(6, back);
        book.setInt(7, leg.amount() == 0 ? 1 : 0);
        book.executeUpdate();
    }

    /** Gives back what expired leases took; gives how many there were. */
    int expire(long now) throws SQLException {
        Map<Leg, Long> sums = new TreeMap<>(SqlLegs.ORDER);
        int expired = 0;
        expire.setLong(1, now);
        try (ResultSet rows = expire.executeQuery()) {
            while (rows.next()) {
                expired++;
                for (Leg leg : SqlLegs.read(rows.getString(1))) {
                    sums.merge(leg, leg.amount(), Long::sum);
                }
            }
        }
        List<Leg> legs = new ArrayList<>(sums.size());
        sums.forEach((leg, sum) -> legs.add(new Leg(leg.account(), leg.window(), sum, leg.forgetAt())));
        giveBack(legs);
        return expired;
    }

    Balance balance(String account, long window) throws SQLException {
        balance.setString(1, account);
        try (ResultSet row = balance.executeQuery()) {
            if (!row.next()) {
                return new Balance(window, 0, 0, 0);
            }
            long newest = row.getLong(1);
            return window > newest
                    ? new Balance(window, 0, 0, row.getLong(4))
                    : new Balance(newest, row.getLong(2), row.getLong(3), row.getLong(4));
        }
    }

    int leasesOut() throws SQLException {
        try (ResultSet row = countOut.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Forgets what nobody will ask for any more. */
    void purge(long now) throws SQLException {
        expire(now);
        forget(now);
    }

    /** Forgets what is old and not leased. */
    void forget(long now) throws SQLException {
        purgeLeases.setLong(1, now - KEPT);
        purgeLeases.executeUpdate();
        purgeMarks.setLong(1, now - MARK_KEPT);
        purgeMarks.executeUpdate();
        purgeAccounts.setLong(1, now);
        purgeAccounts.executeUpdate();
    }
}
