package dev.outrider.router.ledger;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.privacy.RecordCipher;

/**
 * A ledger as a text file with one JSON object per line, documented in {@code docs/ledger.md} and read by {@link
 * LedgerReader}. A line is appended by one write at the end of the file, and forced to the disk when the policy says
 * so. When a write fails, as on a full disk, what it left is cut off again, the caller gets a {@link LedgerException},
 * and the next write is tried afresh. A torn last line, left by a killed process, is moved to a file of the same name
 * with {@code .torn} appended when the ledger is opened.
 *
 * <p>One ledger writes a file at a time. Safe for many threads. Nothing is rotated. An interrupted thread can write.
 */
public final class JsonLinesLedger extends OpenLedger {

    private static final Logger LOG = LoggerFactory.getLogger(JsonLinesLedger.class);

    private final boolean fsync;
    private final boolean regular;

    /** A stream and not a channel: a channel is closed for good when a writing thread is interrupted. */
    private final FileOutputStream out;

    /** Length of the file up to the last line that is complete. */
    private long length;

    private boolean torn;

    private JsonLinesLedger(Path file, boolean fsync, @Nullable RecordCipher cipher) throws IOException {
        super(file, cipher);
        this.fsync = fsync;
        makeFolders(file);
        this.regular = !Files.exists(file) || Files.isRegularFile(file);
        if (regular) {
            mend(file);
        }
        this.out = new FileOutputStream(file.toFile(), true);
        this.length = regular ? Files.size(file) : 0;
    }

    /**
     * Opens a ledger to append to; makes file and folders that are missing.
     *
     * @param settings whether every line is forced to the disk
     * @param cipher seals every line; null to keep them readable
     * @throws LedgerException when the file cannot be opened
     */
    public static JsonLinesLedger open(Path file, LedgerSettings settings, @Nullable RecordCipher cipher) {
        try {
            return new JsonLinesLedger(file, settings.fsync(), cipher);
        } catch (IOException e) {
            throw notOpened(file, e);
        }
    }

    /** Opens a readable ledger. */
    public static JsonLinesLedger open(Path file, LedgerSettings settings) {
        return open(file, settings, null);
    }

    /** Opens a readable ledger that leaves it to the operating system when lines reach the disk. */
    public static JsonLinesLedger open(Path file) {
        return open(file, LedgerSettings.DEFAULTS);
    }

    @Override
    void write(LedgerEntry entry) {
        byte[] json = LedgerJson.bytes(entry, cipher);
        byte[] bytes = Arrays.copyOf(json, json.length + 1);
        bytes[json.length] = '\n';
        lock.lock();
        try {
            checkOpen();
            cutTornLine();
            torn = true;
            out.write(bytes);
            if (fsync) {
                out.getFD().sync();
            }
            torn = false;
            length += bytes.length;
        } catch (IOException e) {
            LedgerException failure = notWritten(e);
            try {
                cutTornLine();
            } catch (IOException again) {
                failure.addSuppressed(again);
            }
            throw failure;
        } finally {
            lock.unlock();
        }
    }

    /** Takes back what a failed write left, so that the next line does not continue it. */
    private void cutTornLine() throws IOException {
        if (torn && regular) {
            // not by the stream's channel, which an interrupt closes for good
            try (RandomAccessFile ledger = new RandomAccessFile(file.toFile(), "rw")) {
                ledger.setLength(length);
            }
        }
        torn = false;
    }

    @Override
    void release() throws IOException {
        out.close();
    }

    /** Moves what stands after the last line break aside. */
    private static void mend(Path file) throws IOException {
        if (!Files.exists(file) || Files.size(file) == 0) {
            return;
        }
        try (RandomAccessFile ledger = new RandomAccessFile(file.toFile(), "rw")) {
            long end = endOfLastLine(ledger);
            if (end == ledger.length()) {
                return;
            }
            byte[] tail = new byte[Math.toIntExact(ledger.length() - end)];
            ledger.seek(end);
            ledger.readFully(tail);
            Path aside = file.resolveSibling(file.getFileName() + ".torn");
            Files.write(aside, tail, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            Files.write(aside, new byte[] {'\n'}, StandardOpenOption.APPEND);
            ledger.setLength(end);
            LOG.warn("{}: the last line was torn ({} bytes); it is kept in {}", file, tail.length, aside);
        }
    }

    private static long endOfLastLine(RandomAccessFile ledger) throws IOException {
        byte[] block = new byte[8192];
        for (long end = ledger.length(); end > 0; ) {
            int size = (int) Math.min(block.length, end);
            ledger.seek(end - size);
            ledger.readFully(block, 0, size);
            for (int i = size - 1; i >= 0; i--) {
                if (block[i] == '\n') {
                    return end - size + i + 1;
                }
            }
            end -= size;
        }
        return 0;
    }
}
