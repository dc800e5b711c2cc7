package dev.outrider.router.budget;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.BudgetStore.Balance;
import dev.outrider.router.budget.BudgetStore.Demand;
import dev.outrider.router.budget.BudgetStore.NotCovered;
import dev.outrider.router.budget.BudgetStore.Taken;
import dev.outrider.router.budget.BudgetStore.Ticket;
import dev.outrider.router.budget.Grant.Exhausted;
import dev.outrider.router.budget.Grant.Granted;
import dev.outrider.router.internal.DurationText;

/**
 * Hard limits that hold together. Whoever is about to spend leases the worst case, and settles what it really was:
 *
 * <pre>{@code
 * switch (budgets.lease(keys, worstCase, expiry)) {
 *     case Granted(Lease lease) -> {
 *         try { … lease.settle(actual); } finally { lease.release(); }
 *     }
 *     case Exhausted exhausted -> …
 * }
 * }</pre>
 *
 * <p>A lease takes from all rules that apply or from none, in one step, so that many threads and processes together
 * never pass a limit: at every moment {@code spent + leased <= limit}, except by what was charged above its lease.
 * Everything is counted in whole numbers. Safe for many threads. The store is not closed with this, and may serve
 * several, as when a policy is replaced.
 */
public final class Budgets {

    /** A rule with what its accounts' names begin with. */
    private record Account(BudgetRule rule, String prefix) {}

    /** In the order of the prefixes, and so of the accounts' names, in which stores want their demands. */
    private final List<Account> accounts;

    private final List<BudgetRule> rules;
    private final BudgetStore store;
    private final InstantSource clock;
    private final WaitingLines lines = new WaitingLines();

    /**
     * Budgets in a store.
     *
     * @param rules rules with names of their own; none allows everything
     * @param store keeps what is spent
     * @param clock tells windows and expiry; it may go back, and nothing spent returns by that
     */
    public Budgets(List<BudgetRule> rules, BudgetStore store, InstantSource clock) {
        Set<String> names = new HashSet<>();
        for (BudgetRule rule : rules) {
            if (!names.add(rule.name())) {
                throw new IllegalArgumentException("two budgets are named \"" + rule.name() + "\"; rename one");
            }
        }
        this.accounts = rules.stream()
                .map(rule -> new Account(rule, rule.prefix()))
                .sorted(Comparator.comparing(Account::prefix))
                .toList();
        this.rules = accounts.stream().map(Account::rule).toList();
        this.store = store;
        this.clock = clock;
    }

    /** The rules. */
    public List<BudgetRule> rules() {
        return rules;
    }

    /**
     * Sets the worst case aside in all budgets that apply, or in none. A budget of a unit of which nothing is asked
     * does not refuse.
     *
     * @param keys whom it is for
     * @param worstCase the most that is about to be used
     * @param expiry age at which it returns when nobody settles it; at least a millisecond, and longer than the work
     * @throws BudgetStoreException when the store cannot be used; then nothing may be spent
     */
    public Grant lease(BudgetKeys keys, Amounts worstCase, Duration expiry) {
        if (expiry.toMillis() < 1) {
            throw new IllegalArgumentException("a lease must last at least 1 ms but is to last " + expiry);
        }
        Wish wish = new Wish(names(keys), worstCase, expiry);
        String line = lineToJoin(wish);
        if (line == null) {
            BudgetStore.Take take = take(wish);
            if (take instanceof Taken taken) {
                return granted(wish, taken.ticket(), Duration.ZERO);
            }
            NotCovered missing = (NotCovered) take;
            if (!worthWaiting(wish, missing)) {
                return exhausted(wish, missing, "");
            }
            line = wish.names.get(missing.demand());
        }
        return queue(wish, line);
    }

    /** How the accounts stand that a query of these keys would be charged to. */
    public List<BudgetState> states(BudgetKeys keys) {
        long now = clock.millis();
        List<String> names = names(keys);
        List<BudgetState> states = new ArrayList<>(names.size());
        for (int i = 0; i < names.size(); i++) {
            BudgetRule rule = rules.get(i);
            Balance balance = store.balance(names.get(i), rule.windowAt(now), now);
            Long end = rule.endOf(balance.window());
            states.add(new BudgetState(
                    rule,
                    balance.spent(),
                    balance.leased(),
                    balance.total(),
                    end == null ? null : Instant.ofEpochMilli(end)));
        }
        return states;
    }

    /** Number of queries that wait in line. */
    public int waiting() {
        return lines.waiting();
    }

    /** What one call of lease asks for; names of accounts in the order of the rules. */
    private record Wish(List<String> names, Amounts worstCase, Duration expiry) {}

    private List<String> names(BudgetKeys keys) {
        List<String> names = new ArrayList<>(accounts.size());
        for (Account account : accounts) {
            names.add(account.prefix() + keys.path(account.rule().scope()));
        }
        return names;
    }

    private BudgetStore.Take take(Wish wish) {
        long now = clock.millis();
        List<Demand> demands = new ArrayList<>(rules.size());
        for (int i = 0; i < rules.size(); i++) {
            BudgetRule rule = rules.get(i);
            demands.add(new Demand(
                    wish.names.get(i),
                    rule.windowAt(now),
                    wish.worstCase.of(rule.unit()),
                    rule.limit(),
                    rule.forgetAt(now)));
        }
        long expires = Math.addExact(now, wish.expiry.toMillis());
        return rules.isEmpty()
                ? new Taken(new Ticket(0, List.of(), expires))
                : store.take(demands, now, expires);
    }

    private Granted granted(Wish wish, Ticket ticket, Duration waited) {
        return new Granted(new BudgetLease(
                store, rules, ticket, wish.worstCase, waited, clock, lines::somethingReturned));
    }

    /** The account for which others wait already, if this wish would have to wait for it as well. */
    private @Nullable String lineToJoin(Wish wish) {
        if (lines.waiting() == 0) {
            return null;
        }
        for (int i = 0; i < rules.size(); i++) {
            BudgetRule rule = rules.get(i);
            long amount = wish.worstCase.of(rule.unit());
            boolean waits = rule.onExhausted() == OnExhausted.QUEUE && amount > 0 && amount <= rule.limit();
            if (waits && lines.isWaitedFor(wish.names.get(i))) {
                return wish.names.get(i);
            }
        }
        return null;
    }

    private boolean worthWaiting(Wish wish, NotCovered missing) {
        BudgetRule rule = rules.get(missing.demand());
        return rule.onExhausted() == OnExhausted.QUEUE && wish.worstCase.of(rule.unit()) <= rule.limit();
    }

    private Grant queue(Wish wish, String account) {
        int index = wish.names.indexOf(account);
        BudgetRule rule = rules.get(index);
        long begin = System.nanoTime();
        NotCovered missing = null;
        try (WaitingLines.Place place =
                lines.enter(account, rule.queueLength(), rule.queueFor().toNanos())) {
            if (place == null) {
                return exhausted(
                        wish,
                        balance(wish, index),
                        ", and " + rule.queueLength() + " queries wait for it already, as many as may");
            }
            while (place.await()) {
                BudgetStore.Take take = take(wish);
                if (take instanceof Taken taken) {
                    return granted(wish, taken.ticket(), Duration.ofNanos(System.nanoTime() - begin));
                }
                missing = (NotCovered) take;
                if (!worthWaiting(wish, missing)) {
                    return exhausted(wish, missing, "");
                }
            }
            return exhausted(
                    wish,
                    missing == null ? balance(wish, index) : missing,
                    ", after waiting in line for " + DurationText.of(rule.queueFor()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return exhausted(
                    wish,
                    missing == null ? balance(wish, index) : missing,
                    ", and the query was cancelled while it waited in line");
        }
    }

    private NotCovered balance(Wish wish, int index) {
        long now = clock.millis();
        return new NotCovered(index, store.balance(wish.names.get(index), rules.get(index).windowAt(now), now));
    }

    private Exhausted exhausted(Wish wish, NotCovered missing, String circumstance) {
        BudgetRule rule = rules.get(missing.demand());
        long amount = wish.worstCase.of(rule.unit());
        Balance balance = missing.balance();
        Long end = amount <= rule.limit() ? rule.endOf(balance.window()) : null;
        Duration retryAfter = end == null ? null : Duration.ofMillis(Math.max(0, end - clock.millis()));
        long left = Math.max(0, rule.limit() - balance.spent() - balance.leased());
        String detail = "this may take " + rule.unit().text(amount) + ", but budget \"" + rule.name() + "\" has "
                + rule.unit().text(left) + " of " + rule.unit().text(rule.limit()) + " left ("
                + rule.unit().text(balance.spent()) + " spent, " + rule.unit().text(balance.leased()) + " set aside)"
                + circumstance + "; raise its limit in the policy"
                + (end == null ? "" : " or wait for the next window at " + Instant.ofEpochMilli(end));
        OnExhausted then =
                rule.onExhausted() == OnExhausted.ANSWER_LOCALLY ? OnExhausted.ANSWER_LOCALLY : OnExhausted.REFUSE;
        return new Exhausted(rule, then, retryAfter, detail);
    }
}
