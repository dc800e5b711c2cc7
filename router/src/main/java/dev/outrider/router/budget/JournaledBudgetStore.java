package dev.outrider.router.budget;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.budget.BudgetStoreException.Kind;
import dev.outrider.router.budget.InMemoryBudgetStore.Kept;
import dev.outrider.router.internal.OneLine;

/**
 * Accounts in one SQLite file that one process has to itself. It keeps them in memory as well and decides there; an
 * operation counts once it is appended to a journal beside the file ({@link BudgetJournal}), and a thread brings the
 * file up to date behind the caller's back, some times a second. So an operation costs one write to a file and no
 * transaction. The file is the one of {@link SqliteBudgetStore}, which serves several processes; whoever opens it finds
 * everything that a killed process left in the journal.
 *
 * <p>A killed process ({@code kill -9}) loses nothing: what an operation reported is in the journal, and what it did not
 * report is there whole or not at all. Its leases return at their expiry. Nothing is forced to the disk: a power cut or a
 * crash of the operating system may lose the newest operations, some seconds of spending.
 */
public final class JournaledBudgetStore implements BudgetStore {

    private static final Logger LOG = LoggerFactory.getLogger(JournaledBudgetStore.class);

    private static final Duration BUSY = Duration.ofSeconds(5);
    private static final Duration WRITE_EVERY = Duration.ofMillis(250);

    /** Bytes of a journal after which an operation waits until the file is up to date: that fails for long by then. */
    private static final long MOST_BEHIND = 256L << 20;

    private final Path file;
    private final Duration busy;
    private final FileOwner owner;
    private final InMemoryBudgetStore accounts;
    private final Thread writer;

    /** Whoever holds it works on the accounts and the journal. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition closing = lock.newCondition();
    private Set<String> changed = new HashSet<>();
    private final Map<Long, Ticket> out = new HashMap<>();
    private BudgetJournal journal;
    private boolean closed;

    /** The callers' clock when it was last told. */
    private long latest;

    /** Whoever holds it writes to the file; taken before the other lock. */
    private final ReentrantLock writing = new ReentrantLock();

    private final SqliteSession session;
    private final SqlSnapshot tables;
    private final Set<Long> stored = new HashSet<>();
    private final Upkeep upkeep = new Upkeep();
    private boolean ended;

    private JournaledBudgetStore(Path file, Duration busy, FileOwner owner, SqliteSession session)
            throws SQLException, IOException {
        this.file = file;
        this.busy = busy;
        this.owner = owner;
        this.session = session;
        this.tables = session.snapshot();
        this.accounts = new InMemoryBudgetStore(session.opener() << 40, this::returned);
        this.journal = BudgetJournal.create(file, recover() + 1);
        write();
        // those of which nothing had to be written
        removeJournals(journal.generation() - 1);
        this.writer = Thread.ofPlatform().name("outrider-budgets").daemon().unstarted(this::keepWriting);
    }

    /**
     * Opens a file, or makes it with the folders that are missing, and keeps other processes and stores out of it.
     *
     * @throws BudgetStoreException when it cannot be used
     */
    public static JournaledBudgetStore open(Path file) {
        return open(file, BUSY);
    }

    static JournaledBudgetStore open(Path file, Duration busy) {
        SqliteBudgetStore.makeFolder(file);
        @Nullable SqliteSession session = null;
        @Nullable FileOwner owner = null;
        boolean open = false;
        try {
            session = new SqliteSession(SqliteBudgetStore.connect(file, busy), file.toString(), busy);
            owner = FileOwner.alone(file, busy);
            JournaledBudgetStore store = new JournaledBudgetStore(file, busy, owner, session);
            store.writer.start();
            open = true;
            return store;
        } catch (SQLException e) {
            throw SqliteBudgetStore.translated(file, busy, e, true);
        } catch (IOException e) {
            throw new BudgetStoreException(
                    Kind.UNREACHABLE, file.toString(), "its journal cannot be used (" + OneLine.of(e) + ")", e);
        } finally {
            if (!open) {
                if (session != null) {
                    session.close();
                }
                if (owner != null) {
                    owner.close();
                }
            }
        }
    }

    /** Whether a process that had the file to itself left something that is not in it yet. */
    static boolean leftJournals(Path file) {
        try {
            return !BudgetJournal.generations(file).isEmpty();
        } catch (IOException e) {
            throw new BudgetStoreException(
                    Kind.UNREACHABLE, file.toString(), "its folder cannot be read (" + OneLine.of(e) + ")", e);
        }
    }

    /** Brings into memory what the file and the journals of killed processes say; gives the newest generation. */
    private long recover() throws SQLException, IOException {
        long newest = tables.written();
        tables.readAccounts(accounts::restore);
        tables.readLeases(ticket -> {
            accounts.restore(ticket, true);
            out.put(ticket.id(), ticket);
            stored.add(ticket.id());
        });
        for (long generation : BudgetJournal.generations(file)) {
            if (generation > newest) {
                newest = generation;
                try {
                    BudgetJournal.read(BudgetJournal.path(file, generation), this::repeat);
                } catch (IOException e) {
                    throw new BudgetStoreException(
                            Kind.DAMAGED, BudgetJournal.path(file, generation).toString(), OneLine.of(e), e);
                }
            } else {
                Files.deleteIfExists(BudgetJournal.path(file, generation));
            }
        }
        return newest;
    }

    private void repeat(BudgetJournal.Operation operation) {
        switch (operation) {
            case BudgetJournal.Took took -> {
                accounts.restore(took.ticket(), false);
                note(took.ticket(), true);
            }
            case BudgetJournal.Finished finished -> {
                long[] charges = finished.charges().stream().mapToLong(Long::longValue).toArray();
                accounts.finish(finished.ticket(), charges, finished.attempt(), 0);
                note(finished.ticket(), false);
            }
        }
    }

    @Override
    public Take take(List<Demand> demands, long now, long expires) {
        lock.lock();
        try {
            checkOpen();
            keepUp();
            latest = now;
            Take take = accounts.take(demands, now, expires);
            if (take instanceof Taken taken && taken.ticket().tookAnything()) {
                Ticket ticket = taken.ticket();
                try {
                    journal.append(new BudgetJournal.Took(ticket));
                } catch (IOException e) {
                    accounts.finish(ticket, new long[ticket.legs().size()], Attempt.FIRST, now);
                    throw notWritten(e);
                }
                note(ticket, true);
            }
            return take;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Finish finish(Ticket ticket, long[] charges, Attempt attempt, long now) {
        lock.lock();
        try {
            checkOpen();
            keepUp();
            // first written, then done: a repetition finds either both or neither
            journal.append(new BudgetJournal.Finished(ticket, Arrays.stream(charges).boxed().toList(), attempt));
            note(ticket, false);
            return accounts.finish(ticket, charges, attempt, now);
        } catch (IOException e) {
            throw notWritten(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Balance balance(String account, long window, long now) {
        lock.lock();
        try {
            checkOpen();
            return accounts.balance(account, window, now);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int leasesOut(long now) {
        lock.lock();
        try {
            checkOpen();
            return accounts.leasesOut(now);
        } finally {
            lock.unlock();
        }
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** Brings the file up to date and lets others in. What cannot be written stays in the journal. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        writing.lock();
        try {
            write();
            journal.close();
            Files.deleteIfExists(BudgetJournal.path(file, journal.generation()));
        } catch (SQLException | IOException | RuntimeException e) {
            LOG.warn("{} is not up to date; the rest is in its journals and is read when it is opened again: {}", file,
                    OneLine.of(e));
        } finally {
            ended = true;
            session.close();
            owner.close();
            writing.unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new BudgetStoreException(Kind.CLOSED, file.toString(), "the store is closed", null);
        }
    }

    private BudgetStoreException notWritten(IOException e) {
        return new BudgetStoreException(
                Kind.UNREACHABLE, file.toString(), "its journal cannot be written (" + OneLine.of(e) + ")", e);
    }

    /** The lock is held. */
    private void note(Ticket ticket, boolean taken) {
        for (Leg leg : ticket.legs()) {
            changed.add(leg.account());
        }
        if (taken) {
            out.put(ticket.id(), ticket);
        } else {
            out.remove(ticket.id());
        }
    }

    /** A lease has returned by itself. The lock is held by the thread that found out. */
    private void returned(Ticket ticket) {
        note(ticket, false);
    }

    /** The lock is held. */
    private void keepUp() {
        if (journal.length() < MOST_BEHIND) {
            return;
        }
        lock.unlock();
        try {
            writing.lock();
            try {
                write();
            } catch (SQLException e) {
                throw SqliteBudgetStore.translated(file, busy, e, false);
            } catch (IOException e) {
                throw notWritten(e);
            } finally {
                writing.unlock();
            }
        } finally {
            lock.lock();
        }
        checkOpen();
    }

    private void keepWriting() {
        boolean failing = false;
        while (!awaitClose(failing ? WRITE_EVERY.multipliedBy(8) : WRITE_EVERY)) {
            writing.lock();
            try {
                if (!ended) {
                    write();
                    failing = false;
                }
            } catch (SQLException | IOException | RuntimeException e) {
                if (!failing) {
                    LOG.warn("{} cannot be brought up to date and is tried again; nothing is lost: {}", file, OneLine.of(e));
                }
                failing = true;
            } finally {
                writing.unlock();
            }
        }
    }

    private boolean awaitClose(Duration time) {
        lock.lock();
        try {
            return closed || closing.await(time.toNanos(), TimeUnit.NANOSECONDS) || closed;
        } catch (InterruptedException e) {
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** What the file does not know yet, up to the end of a journal. */
    private record Behind(
            long generation,
            long now,
            Set<String> names,
            List<Kept> accounts,
            List<String> forgotten,
            List<Ticket> taken,
            List<Long> ended) {}

    /** Brings the file up to date in one transaction. The lock for it is held. */
    private void write() throws SQLException, IOException {
        Behind behind = collect();
        if (behind == null) {
            return;
        }
        boolean done = false;
        try {
            session.begin();
            if (upkeep.isDue(behind.now())) {
                session.accounts().forget(behind.now());
            }
            for (Kept account : behind.accounts()) {
                tables.put(account);
            }
            for (String name : behind.forgotten()) {
                tables.removeAccount(name);
            }
            tables.leases(behind.taken(), behind.ended());
            tables.written(behind.generation());
            session.commit();
            done = true;
        } finally {
            if (!done) {
                session.rollback();
                lock.lock();
                try {
                    changed.addAll(behind.names());
                } finally {
                    lock.unlock();
                }
            }
        }
        behind.taken().forEach(ticket -> stored.add(ticket.id()));
        behind.ended().forEach(stored::remove);
        removeJournals(behind.generation());
    }

    /** The file contains their operations. */
    private void removeJournals(long newest) throws IOException {
        for (long generation : BudgetJournal.generations(file)) {
            if (generation <= newest) {
                Files.deleteIfExists(BudgetJournal.path(file, generation));
            }
        }
    }

    /** Ends the journal and says what changed by then; null when nothing did. */
    private @Nullable Behind collect() throws IOException {
        lock.lock();
        try {
            if (changed.isEmpty()) {
                return null;
            }
            BudgetJournal full = journal;
            journal = BudgetJournal.create(file, full.generation() + 1);
            full.close();
            Set<String> names = changed;
            changed = new HashSet<>();
            List<Kept> kept = new ArrayList<>(names.size());
            List<String> forgotten = new ArrayList<>();
            for (String name : names) {
                Kept account = accounts.kept(name);
                if (account == null) {
                    forgotten.add(name);
                } else {
                    kept.add(account);
                }
            }
            List<Ticket> taken = out.values().stream().filter(ticket -> !stored.contains(ticket.id())).toList();
            List<Long> over = stored.stream().filter(id -> !out.containsKey(id)).toList();
            return new Behind(full.generation(), latest, names, kept, forgotten, taken, over);
        } finally {
            lock.unlock();
        }
    }
}
