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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;

/** Reads a ledger that {@link JsonLinesLedger} wrote, line by line, however long it is. */
public final class LedgerReader {

    private final Path file;

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
        return lines().filter(DecisionRecord.class::isInstance).map(DecisionRecord.class::cast);
    }

    /**
     * Queries that left for the LLM and whose end is not in the ledger: the process died, or it is still waiting. What
     * was set aside for them may have been spent. A query whose answer had to be repaired may stand here twice.
     *
     * @throws LedgerException when the file cannot be read
     */
    public List<Egress> unfinished() {
        Map<String, List<Egress>> open = new LinkedHashMap<>();
        try (Stream<Object> lines = lines()) {
            lines.forEach(line -> {
                switch (line) {
                    case Egress egress ->
                        open.merge(egress.id(), List.of(egress), (a, b) -> Stream.concat(a.stream(), b.stream())
                                .toList());
                    case DecisionRecord record -> open.remove(record.id());
                    default -> throw new IllegalStateException("no ledger line: " + line);
                }
            });
        }
        return open.values().stream().flatMap(List::stream).toList();
    }

    private Stream<Object> lines() {
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

    private Object parse(String line, long number) {
        try {
            return LedgerJson.parse(line);
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
