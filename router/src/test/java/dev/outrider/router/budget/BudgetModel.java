package dev.outrider.router.budget;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Budgets as one would count them on paper: a list of all leases and a list of all charges, added up anew for every
 * question. Its clock goes forward only.
 */
final class BudgetModel {

    private record Charge(BudgetRule rule, List<Object> account, long window, long amount) {}

    private static final class Paper {
        private final BudgetKeys keys;
        private final Amounts leased;
        private final Instant granted;
        private final Instant expires;
        private boolean out = true;
        private boolean returned;
        private @Nullable Settlement settlement;

        private Paper(BudgetKeys keys, Amounts leased, Instant granted, Instant expires) {
            this.keys = keys;
            this.leased = leased;
            this.granted = granted;
            this.expires = expires;
        }
    }

    private final List<BudgetRule> rules;
    private final List<Paper> leases = new ArrayList<>();
    private final List<Charge> charges = new ArrayList<>();

    BudgetModel(List<BudgetRule> rules) {
        this.rules = rules;
    }

    /** Names of the rules that refuse; empty when it is granted. */
    String lease(BudgetKeys keys, Amounts amounts, Instant now, Instant expires) {
        StringBuilder refusing = new StringBuilder();
        for (BudgetRule rule : rules) {
            long amount = amounts.of(rule.unit());
            List<Long> state = state(rule, keys, now);
            if (amount > 0 && state.get(0) + state.get(1) + amount > rule.limit()) {
                refusing.append(rule.name());
            }
        }
        if (refusing.isEmpty()) {
            leases.add(new Paper(keys, amounts, now, expires));
        }
        return refusing.toString();
    }

    Settlement settle(int which, Amounts actual, Instant now) {
        Paper paper = leases.get(which);
        if (paper.settlement != null) {
            return paper.settlement;
        }
        for (BudgetRule rule : rules) {
            // what was set aside counts where it was granted, the rest where it is booked
            boolean aside = paper.leased.of(rule.unit()) > 0;
            charges.add(new Charge(
                    rule, account(rule, paper.keys), window(rule, aside ? paper.granted : now),
                    actual.of(rule.unit())));
        }
        boolean late = paper.returned;
        Settlement settlement = new Settlement(actual, late ? actual : actual.beyond(paper.leased), late);
        paper.settlement = settlement;
        paper.out = false;
        return settlement;
    }

    void release(int which) {
        Paper paper = leases.get(which);
        paper.returned = true;
        paper.out = false;
    }

    void expire(Instant now) {
        for (Paper paper : leases) {
            if (!now.isBefore(paper.expires)) {
                paper.returned = true;
                paper.out = false;
            }
        }
    }

    /** Spent and leased in the window, and spent in all. */
    List<Long> state(BudgetRule rule, BudgetKeys keys, Instant now) {
        List<Object> account = account(rule, keys);
        long window = window(rule, now);
        long spent = 0;
        long total = 0;
        for (Charge charge : charges) {
            if (charge.rule.equals(rule) && charge.account.equals(account)) {
                total += charge.amount;
                spent += charge.window == window ? charge.amount : 0;
            }
        }
        long leased = 0;
        for (Paper paper : leases) {
            if (paper.out && account(rule, paper.keys).equals(account) && window(rule, paper.granted) == window) {
                leased += paper.leased.of(rule.unit());
            }
        }
        return List.of(spent, leased, total);
    }

    int leasesOut() {
        return (int) leases.stream()
                .filter(paper -> paper.out
                        && rules.stream().anyMatch(rule -> paper.leased.of(rule.unit()) > 0))
                .count();
    }

    private static long window(BudgetRule rule, Instant time) {
        return rule.window() == null ? 0 : Math.floorDiv(time.toEpochMilli(), rule.window().toMillis());
    }

    /** Those who share a limit: the names down to the scope, each with what it is when it is missing. */
    private static List<Object> account(BudgetRule rule, BudgetKeys keys) {
        Map<String, Object> missing = new HashMap<>();
        List<Object> names = new ArrayList<>();
        names.add(rule.scope());
        if (rule.scope().compareTo(Scope.TENANT) >= 0) {
            names.add(keys.tenant() == null ? missing : keys.tenant());
        }
        if (rule.scope().compareTo(Scope.SESSION) >= 0) {
            names.add(keys.session() == null ? List.of(keys.request()) : keys.session());
        }
        if (rule.scope().compareTo(Scope.REQUEST) >= 0) {
            names.add(keys.request());
        }
        if (rule.scope() == Scope.SUBTASK) {
            names.add(keys.subtask() == null ? missing : keys.subtask());
        }
        return names;
    }
}
