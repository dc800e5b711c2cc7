package dev.outrider.router.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.internal.OneLine;
import dev.outrider.router.privacy.RecordCipher;

/**
 * Reads a ledger that {@link JsonLinesLedger} or {@link SqliteLedger} wrote, line by line, however long it is. Records of an older form come in
 * the current one; the log says so once, and {@link #migrated()} counts them.
 */
public final class LedgerReader {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerReader.class);

    private final Path file;
    private final @Nullable RecordCipher cipher;
    private final AtomicLong migrated = new AtomicLong();

    private LedgerReader(Path file, @Nullable RecordCipher cipher) {
        this.file = file;
        this.cipher = cipher;
    }

    /** A reader of this file, whose lines are not sealed. Nothing is opened yet. */
    public static LedgerReader of(Path file) {
        return of(file, null);
    }

    /**
     * A reader of this file. Nothing is opened yet.
     *
     * @param cipher opens sealed lines; null when there is no key
     */
    public static LedgerReader of(Path file, @Nullable RecordCipher cipher) {
        return new LedgerReader(file, cipher);
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
                    // an audit announces its own egress, after the decision
                    case AuditRecord audit -> open.remove(audit.id());
                    case ShadowRecord shadow -> {
                        // says nothing about what left
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

    /** How the SLM would have done where the LLM answered, in the order in which they were written. Close the stream. */
    public Stream<ShadowRecord> shadows() {
        return entries().filter(ShadowRecord.class::isInstance).map(ShadowRecord.class::cast);
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
        LedgerLines lines;
        try {
            lines = LedgerLines.of(file);
        } catch (NoSuchFileException e) {
            throw new LedgerException(file, "does not exist; check the path of the ledger", e);
        } catch (IOException | SQLException e) {
            throw new LedgerException(file, "cannot be opened (" + OneLine.of(e) + ")", e);
        }
        return Stream.iterate(next(lines), line -> line != null, line -> next(lines))
                .filter(line -> !line.isBlank())
                .map(line -> parse(line, lines.number()))
                .onClose(() -> close(lines));
    }

    private @Nullable String next(LedgerLines lines) {
        try {
            return lines.next();
        } catch (IOException | SQLException e) {
            throw new LedgerException(file, "line " + lines.number() + " cannot be read (" + OneLine.of(e) + ")", e);
        }
    }

    private LedgerEntry parse(String line, long number) {
        try {
            LedgerJson.Parsed parsed = LedgerJson.parse(line, cipher);
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

    private void close(LedgerLines lines) {
        try {
            lines.close();
        } catch (IOException | SQLException e) {
            throw new LedgerException(file, "cannot be closed (" + OneLine.of(e) + ")", e);
        }
    }
}
