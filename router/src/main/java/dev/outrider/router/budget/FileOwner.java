package dev.outrider.router.budget;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.BudgetStoreException.Kind;
import dev.outrider.router.internal.OneLine;

/**
 * Who may work on a file of budgets: one store alone, or some together, in this process and others. A lock of the
 * operating system on a file beside it, {@code FILE-lock}, says so; it ends with its process, however that ends. The
 * lock's file stays, for whoever removes it may take it from under another.
 */
final class FileOwner implements AutoCloseable {

    private static final long PAUSE_MILLIS = 5;

    /** What this process holds: the operating system gives one lock to a process, however many stores share it. */
    private static final Map<Path, Held> HELD = new HashMap<>();

    private static final class Held {
        private final RandomAccessFile file;
        private final boolean alone;
        private int holders = 1;

        private Held(RandomAccessFile file, boolean alone) {
            this.file = file;
            this.alone = alone;
        }
    }

    private final Path key;
    private boolean closed;

    private FileOwner(Path key) {
        this.key = key;
    }

    /**
     * Waits until nobody else has the file, and keeps others out until it is closed.
     *
     * @param file in a folder that exists
     * @throws BudgetStoreException {@link Kind#LOCKED} when others have it for longer than the patience
     */
    static FileOwner alone(Path file, Duration patience) {
        return await(file, true, patience, "other processes or stores have it open");
    }

    /**
     * Waits until nobody has the file alone, and keeps such out until it is closed.
     *
     * @param file in a folder that exists
     * @throws BudgetStoreException {@link Kind#LOCKED} when somebody has it for longer than the patience
     */
    static FileOwner together(Path file, Duration patience) {
        return await(file, false, patience, "another process or store keeps it to itself");
    }

    private static FileOwner await(Path file, boolean alone, Duration patience, String busy) {
        long deadline = System.nanoTime() + patience.toNanos();
        // an interrupt would close the lock's channel
        boolean interrupted = Thread.interrupted();
        try {
            Path parent = file.toAbsolutePath().getParent();
            Path name = file.getFileName();
            if (parent == null || name == null) {
                throw new IOException("a folder is no place for a lock");
            }
            Path key = parent.toRealPath().resolve(name + "-lock");
            while (!acquire(key, alone)) {
                if (System.nanoTime() > deadline) {
                    throw new BudgetStoreException(Kind.LOCKED, file.toString(), busy, null);
                }
                try {
                    Thread.sleep(PAUSE_MILLIS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return new FileOwner(key);
        } catch (IOException e) {
            throw new BudgetStoreException(
                    Kind.UNREACHABLE, file.toString(), "it cannot be locked (" + OneLine.of(e) + ")", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean acquire(Path key, boolean alone) throws IOException {
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (held != null) {
                if (alone || held.alone) {
                    return false;
                }
                held.holders++;
                return true;
            }
            RandomAccessFile file = new RandomAccessFile(key.toFile(), "rw");
            @Nullable FileLock lock = null;
            try {
                lock = file.getChannel().tryLock(0, Long.MAX_VALUE, !alone);
            } finally {
                if (lock == null) {
                    file.close();
                }
            }
            if (lock != null) {
                HELD.put(key, new Held(file, alone));
            }
            return lock != null;
        }
    }

    /** Lets others in. May be called twice. */
    @Override
    public void close() {
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (closed || held == null) {
                return;
            }
            closed = true;
            if (--held.holders == 0) {
                HELD.remove(key);
                try {
                    held.file.close();
                } catch (IOException e) {
                    // the lock ends with the process at the latest
                }
            }
        }
    }
}
