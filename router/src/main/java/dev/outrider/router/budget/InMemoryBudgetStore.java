package dev.outrider.router.budget;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Accounts in the memory of this process; they end with it. Every account has its own lock, and a lease takes the locks
 * of its accounts in the order of their names, so that leases of different accounts do not wait for one another and no
 * two wait for each other.
 */
public final class InMemoryBudgetStore implements BudgetStore {

    /** For how long after its expiry an expired lease is remembered. */
    private static final long KEPT = Duration.ofDays(1).toMillis();

    private final ConcurrentHashMap<String, Account> accounts = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Key, Entry> leases = new ConcurrentSkipListMap<>();
    private final AtomicLong ids;
    private final Consumer<Ticket> expired;
    private final Upkeep upkeep = new Upkeep();
    private volatile boolean closed;

    /** Accounts of which nothing is spent. */
    public InMemoryBudgetStore() {
        this(0, ticket -> {});
    }

    /**
     * Accounts for a store that keeps them elsewhere as well.
     *
     * @param lastId tickets get greater ids
     * @param expired is told of every lease that returns by itself, on the thread that found out
     */
    InMemoryBudgetStore(long lastId, Consumer<Ticket> expired) {
        this.ids = new AtomicLong(lastId);
        this.expired = expired;
    }

    /**
     * An account as it is kept elsewhere.
     *
     * @param forgetAt when it may be forgotten, in milliseconds since the epoch
     */
    record Kept(String name, Balance balance, long forgetAt) {}

    /** Takes up an account that was kept elsewhere. */
    void restore(Kept kept) {
        Account account = lock(kept.name());
        try {
            account.window = kept.balance().window();
            account.spent = kept.balance().spent();
            account.leased = kept.balance().leased();
            account.total = kept.balance().total();
            account.forgetAt = kept.forgetAt();
        } finally {
            account.lock.unlock();
        }
    }

    /**
     * Takes up a lease that was taken before.
     *
     * @param counted whether its accounts count it already
     */
    void restore(Ticket ticket, boolean counted) {
        for (Leg leg : ticket.legs()) {
            if (!counted && leg.amount() > 0) {
                Account account = lock(leg.account());
                try {
                    account.advance(leg.window());
                    account.leased += account.window == leg.window() ? leg.amount() : 0;
                    account.forgetAt = Math.max(account.forgetAt, leg.forgetAt());
                } finally {
                    account.lock.unlock();
                }
            }
        }
        leases.put(new Key(ticket.expires(), ticket.id()), new Entry(ticket, State.OUT));
    }

    /** How an account stands, to be kept elsewhere; null when nothing is known of it any more. */
    @Nullable Kept kept(String name) {
        Account account = accounts.get(name);
        if (account == null) {
            return null;
        }
        account.lock.lock();
        try {
            return new Kept(name, balanceOf(account), account.forgetAt);
        } finally {
            account.lock.unlock();
        }
    }

    private static final class Account {
        private final ReentrantLock lock = new ReentrantLock();
        private final String name;
        private long window = Long.MIN_VALUE;
        private long spent;
        private long leased;
        private long total;
        private long forgetAt;

        /** Was removed from the map: whoever still holds it must look again. */
        private boolean forgotten;

        private Account(String name) {
            this.name = name;
        }

        private void advance(long to) {
            if (to > window) {
                window = to;
                spent = 0;
                leased = 0;
            }
        }
    }

    /** Sorted by expiry, so that those that have expired come first. */
    private record Key(long expires, long id) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byExpiry = Long.compare(expires, other.expires);
            return byExpiry != 0 ? byExpiry : Long.compare(id, other.id);
        }
    }

    private enum State {
        OUT,
        EXPIRED,
        BOOKED
    }

    /** What the store knows of a lease; guarded by itself. */
    private static final class Entry {
        private final Ticket ticket;
        private State state;

        private Entry(Ticket ticket, State state) {
            this.ticket = ticket;
            this.state = state;
        }
    }

    @Override
    public Take take(List<Demand> demands, long now, long expires) {
        checkOpen();
        maintain(now);
        Take take = takeOnce(demands, expires);
        return take instanceof NotCovered && expire(now) > 0 ? takeOnce(demands, expires) : take;
    }

    private Take takeOnce(List<Demand> demands, long expires) {
        @Nullable String[] names = new @Nullable String[demands.size()];
        for (int i = 0; i < names.length; i++) {
            names[i] = demands.get(i).amount() > 0 ? demands.get(i).account() : null;
        }
        @Nullable Account[] held = lock(names);
        try {
            for (int i = 0; i < held.length; i++) {
                Account account = held[i];
                Demand demand = demands.get(i);
                if (account != null) {
                    account.advance(demand.window());
                    if (demand.amount() > demand.limit() - account.spent - account.leased) {
                        return new NotCovered(i, balanceOf(account));
                    }
                }
            }
            List<Leg> legs = new ArrayList<>(held.length);
            for (int i = 0; i < held.length; i++) {
                Account account = held[i];
                Demand demand = demands.get(i);
                long window = demand.window();
                if (account != null) {
                    account.leased += demand.amount();
                    account.forgetAt = demand.forgetAt();
                    window = account.window;
                }
                legs.add(new Leg(demand.account(), window, demand.amount(), demand.forgetAt()));
            }
            Ticket ticket = new Ticket(ids.incrementAndGet(), List.copyOf(legs), expires);
            if (ticket.tookAnything()) {
                leases.put(new Key(expires, ticket.id()), new Entry(ticket, State.OUT));
            }
            return new Taken(ticket);
        } finally {
            unlock(held);
        }
    }

    @Override
    public Finish finish(Ticket ticket, long[] charges, Attempt attempt, long now) {
        checkOpen();
        Key key = new Key(ticket.expires(), ticket.id());
        Entry entry = leases.get(key);
        if (entry == null) {
            // nothing in memory breaks off half-way, so nobody repeats a late charge
            if (attempt == Attempt.AGAIN) {
                return Finish.BOOKED_BEFORE;
            }
            book(ticket, charges, false);
            return Finish.BOOKED_LATE;
        }
        synchronized (entry) {
            if (entry.state == State.BOOKED) {
                return Finish.BOOKED_BEFORE;
            }
            boolean out = entry.state == State.OUT;
            entry.state = State.BOOKED;
            book(ticket, charges, out);
            leases.remove(key);
            return out ? Finish.BOOKED : Finish.BOOKED_LATE;
        }
    }

    private void book(Ticket ticket, long[] charges, boolean giveBack) {
        List<Leg> legs = ticket.legs();
        @Nullable String[] names = new @Nullable String[charges.length];
        for (int i = 0; i < names.length; i++) {
            names[i] = charges[i] > 0 || (giveBack && legs.get(i).amount() > 0) ? legs.get(i).account() : null;
        }
        @Nullable Account[] held = lock(names);
        try {
            for (int i = 0; i < held.length; i++) {
                Account account = held[i];
                if (account == null) {
                    continue;
                }
                Leg leg = legs.get(i);
                account.advance(leg.window());
                if (giveBack && account.window == leg.window()) {
                    account.leased -= leg.amount();
                }
                if (account.window == leg.window() || leg.amount() == 0) {
                    account.spent += charges[i];
                }
                account.total += charges[i];
                account.forgetAt = Math.max(account.forgetAt, leg.forgetAt());
            }
        } finally {
            unlock(held);
        }
    }

    @Override
    public Balance balance(String name, long window, long now) {
        checkOpen();
        expire(now);
        Account account = accounts.get(name);
        if (account == null) {
            return new Balance(window, 0, 0, 0);
        }
        account.lock.lock();
        try {
            account.advance(window);
            return balanceOf(account);
        } finally {
            account.lock.unlock();
        }
    }

    private static Balance balanceOf(Account account) {
        return new Balance(account.window, account.spent, account.leased, account.total);
    }

    @Override
    public int leasesOut(long now) {
        checkOpen();
        expire(now);
        int out = 0;
        for (Entry entry : leases.values()) {
            synchronized (entry) {
                out += entry.state == State.OUT ? 1 : 0;
            }
        }
        return out;
    }

    @Override
    public void close() {
        closed = true;
    }

    private void checkOpen() {
        if (closed) {
            throw new BudgetStoreException(
                    BudgetStoreException.Kind.CLOSED, "budgets in memory", "the store is closed", null);
        }
    }

    /** Gives back what expired leases took; gives how many there were. */
    private int expire(long now) {
        int count = 0;
        for (Entry entry : leases.headMap(new Key(now, Long.MAX_VALUE), true).values()) {
            synchronized (entry) {
                if (entry.state == State.OUT) {
                    entry.state = State.EXPIRED;
                    book(entry.ticket, new long[entry.ticket.legs().size()], true);
                    expired.accept(entry.ticket);
                    count++;
                }
            }
        }
        return count;
    }

    /** Forgets what nobody will ask for any more. */
    private void maintain(long now) {
        if (!upkeep.isDue(now)) {
            return;
        }
        expire(now);
        for (Map.Entry<Key, Entry> old : leases.headMap(new Key(now - KEPT, Long.MAX_VALUE)).entrySet()) {
            leases.remove(old.getKey());
        }
        for (Account account : accounts.values()) {
            account.lock.lock();
            try {
                if (account.forgetAt < now && account.leased == 0) {
                    account.forgotten = true;
                    accounts.remove(account.name);
                }
            } finally {
                account.lock.unlock();
            }
        }
    }

    /** Locks the accounts of these names, which ascend; null for a null. */
    private @Nullable Account[] lock(@Nullable String[] names) {
        @Nullable Account[] held = new @Nullable Account[names.length];
        for (int i = 0; i < names.length; i++) {
            String name = names[i];
            if (name != null) {
                held[i] = lock(name);
            }
        }
        return held;
    }

    @SuppressWarnings("LockNotBeforeTry") // the caller unlocks
    private Account lock(String name) {
        while (true) {
            Account account = accounts.computeIfAbsent(name, Account::new);
            account.lock.lock();
            if (account.forgotten) {
                account.lock.unlock();
            } else {
                return account;
            }
        }
    }

    private static void unlock(@Nullable Account[] held) {
        for (Account account : Arrays.asList(held)) {
            if (account != null) {
                account.lock.unlock();
            }
        }
    }
}
