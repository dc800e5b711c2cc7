package dev.outrider.router.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.internal.OneLine;

/**
 * Reads a ledger that {@link JsonLinesLedger} wrote, line by line, however long it is. Records of an older form come in
 * the current one; the log says so once, and {@link #migrated()} counts them.
 */
public final class LedgerReader {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerReader.class);

    private final Path file;
    private final AtomicLong migrated = new AtomicLong();

    private LedgerReader(Path file) {
        this.file = file;
    }

    /** A reader of this file. Nothing is opened yet. */
    public static LedgerReader of(Path file) {
        return new LedgerReader(file);
    }

    /**
     * The decisions, oldest first, read while the stream is consumed. Close the stream.
     *
     * @throws LedgerException at once when the file cannot be opened, and while the stream is consumed, with the line's
     *     number, when a line cannot be read
     */
    public Stream<DecisionRecord> records() {
        return entries().filter(DecisionRecord.class::isInstance).map(DecisionRecord.class::cast);
    }

    /**
     * Queries that left for the LLM and whose end is not in the ledger: the process died, or it is still waiting. What
     * was set aside for them may have been spent. A query whose answer had to be repaired may stand here twice.
     *
     * @throws LedgerException when the file cannot be read
     */
    public List<EgressNotice> unfinished() {
        Map<String, List<EgressNotice>> open = new LinkedHashMap<>();
        try (Stream<LedgerEntry> entries = entries()) {
            entries.forEach(entry -> {
                switch (entry) {
                    case EgressNotice notice ->
                        open.merge(notice.id(), List.of(notice), (a, b) -> Stream.concat(a.stream(), b.stream())
                                .toList());
                    case DecisionRecord record -> open.remove(record.id());
                    case AuditRecord audit -> {
                        // the audited query ended long ago
                    }
                }
            });
        }
        return open.values().stream().flatMap(List::stream).toList();
    }

    /** The ends of shadow audits, in the order in which they were written. Close the stream. */
    public Stream<AuditRecord> audits() {
        return entries().filter(AuditRecord.class::isInstance).map(AuditRecord.class::cast);
    }

    /** Records that this reader met so far in an older form and brought to the current one. */
    public long migrated() {
        return migrated.get();
    }

    /**
     * All entries, oldest first, read while the stream is consumed. Close the stream.
     *
     * @throws LedgerException as {@link #records()} does
     */
    public Stream<LedgerEntry> entries() {
        BufferedReader reader;
        try {
            reader = Files.newBufferedReader(file);
        } catch (NoSuchFileException e) {
            throw new LedgerException(file, "does not exist; check the path of the ledger", e);
        } catch (IOException e) {
            throw new LedgerException(file, "cannot be opened (" + OneLine.of(e) + ")", e);
        }
        LineCounter counter = new LineCounter();
        return Stream.iterate(next(reader, counter), line -> line != null, line -> next(reader, counter))
                .filter(line -> !line.isBlank())
                .map(line -> parse(line, counter.line))
                .onClose(() -> close(reader));
    }

    /** Number of the line read last. */
    private static final class LineCounter {
        private long line;
    }

    private @Nullable String next(BufferedReader reader, LineCounter counter) {
        try {
            counter.line++;
            return reader.readLine();
        } catch (IOException e) {
            throw new LedgerException(file, "line " + counter.line + " cannot be read (" + OneLine.of(e) + ")", e);
        }
    }

    private LedgerEntry parse(String line, long number) {
        try {
            LedgerJson.Parsed parsed = LedgerJson.parse(line);
            if (parsed.schema() < DecisionRecord.SCHEMA && migrated.getAndIncrement() == 0) {
                LOG.info("{}: line {} has schema {}; such records are read as schema {}", file, number, parsed.schema(),
                        DecisionRecord.SCHEMA);
            }
            return parsed.entry();
        } catch (LedgerJson.UnknownLine e) {
            throw new LedgerException(file, "line " + number + " " + e.getOriginalMessage(), e);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new LedgerException(
                    file, "line " + number + " is no ledger record; repair or remove it (" + firstLine(e) + ")", e);
        }
    }

    private static String firstLine(Exception e) {
        String message = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
        return OneLine.of(message);
    }

    private void close(BufferedReader reader) {
        try {
            reader.close();
        } catch (IOException e) {
            throw new LedgerException(file, "cannot be closed (" + OneLine.of(e) + ")", e);
        }
    }
}
