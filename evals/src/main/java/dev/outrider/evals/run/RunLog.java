package dev.outrider.evals.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.Json;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.ShadowRecord;

/**
 * The results of a run on disk, {@code results.jsonl}: first what the run is, then a line before a case's query leaves for the LLM and
 * a line with every result; where an LLM judges, also its calls (see {@link JudgeBooks}). A line is written by one write before the run goes on, so a process that is killed loses no case that it
 * has judged, and whoever starts the run again knows which queries may have been paid for. {@code docs/report.md} documents the lines.
 *
 * <p>One process at a time holds the file. Safe for many threads.
 */
public final class RunLog implements AutoCloseable {

    private final Path file;
    private final RandomAccessFile lock;
    private final Map<String, QueryResult> done = new LinkedHashMap<>();
    private final Map<String, String> sent = new LinkedHashMap<>();
    private final JudgeBooks judging = new JudgeBooks(this::judgesLine);
    private final ThreadLocal<String> atWork = new ThreadLocal<>();
    private final FileOutputStream out;
    private Instant startedAt = Instant.EPOCH;
    private double elapsedBefore;
    private final long begun = System.nanoTime();

    private RunLog(Path file, RunIdentity identity, Instant now, boolean fresh) throws IOException {
        this.file = file;
        // a file of its own: POSIX gives a lock up as soon as any stream on the locked file is closed
        this.lock = new RandomAccessFile(file.resolveSibling("run.lock").toFile(), "rw");
        try {
            hold();
            if (fresh) {
                Files.deleteIfExists(file);
            }
            cutTornLine();
            read(identity);
            this.out = new FileOutputStream(file.toFile(), true);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
        if (startedAt.equals(Instant.EPOCH)) {
            startedAt = now;
            ObjectNode head = Json.object().put("kind", ResultLines.RUN).put("schema", ResultLines.SCHEMA).put("startedAt", now.toString());
            head.setAll(identity.toJson());
            write((Json.write(head) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Opens the results of a run, new or to be gone on with.
     *
     * @param file {@code results.jsonl}; its folder exists
     * @param fresh throws away what the file holds
     * @throws RunException when the file is of another run, of a version that cannot be read, broken, or in use
     */
    public static RunLog open(Path file, RunIdentity identity, Instant now, boolean fresh) {
        try {
            return new RunLog(file, identity, now, fresh);
        } catch (IOException e) {
            throw RunException.of(file, "cannot be used (" + e.getMessage() + "); name another folder", e);
        }
    }

    private void hold() throws IOException {
        try {
            if (lock.getChannel().tryLock() == null) {
                throw RunException.of(file, "another process is at work on this run; wait for it, or name another folder");
            }
        } catch (OverlappingFileLockException e) {
            throw RunException.of(file, "is open in this process already; close it first", e);
        }
    }

    /** What a killed process left half-written is as if it had never been: its case is not done. */
    private void cutTornLine() throws IOException {
        try (RandomAccessFile results = new RandomAccessFile(file.toFile(), "rw")) {
            long end = results.length();
            while (end > 0) {
                results.seek(end - 1);
                if (results.read() == '\n') {
                    break;
                }
                end--;
            }
            results.setLength(end);
        }
    }

    private void read(RunIdentity identity) throws IOException {
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (number == 1) {
                    head(line, identity);
                } else if (ResultLines.isResult(line)) {
                    ResultLines.Timed timed = ResultLines.read(line);
                    done.put(timed.result().caseId(), timed.result());
                    elapsedBefore = Math.max(elapsedBefore, timed.elapsed());
                } else if (!line.isBlank()) {
                    JsonNode node = Json.read(line);
                    if (!judging.read(node) && node.path("kind").asText().equals(ResultLines.SENT)) {
                        sent.put(node.path("case").asText(), node.path("ledgerId").asText());
                    }
                }
            }
        } catch (JsonProcessingException e) {
            throw RunException.of(file, "line " + number + " is no JSON (" + Json.problem(e) + "); remove the line and its case is run"
                    + " again, or start afresh with --fresh", e);
        } catch (IOException e) {
            throw RunException.of(file, "line " + number + " " + e.getMessage() + "; remove the line and its case is run again, or start"
                    + " afresh with --fresh", e);
        }
    }

    private void head(String line, RunIdentity identity) throws JsonProcessingException {
        JsonNode head = Json.read(line);
        if (!head.path("kind").asText().equals(ResultLines.RUN)) {
            throw RunException.of(file, "does not begin as the results of a run do; name another folder, or start afresh with --fresh");
        }
        int schema = head.path("schema").asInt();
        if (schema != ResultLines.SCHEMA) {
            throw RunException.of(file, "is of version " + schema + ", this Outrider reads version " + ResultLines.SCHEMA
                    + "; go on with the Outrider that wrote it, name another folder, or start afresh with --fresh");
        }
        identity.difference(head).ifPresent(other -> {
            throw RunException.of(file, "holds another run (" + other + "); name another folder, or throw it away with --fresh");
        });
        try {
            startedAt = Instant.parse(head.path("startedAt").asText());
        } catch (DateTimeParseException e) {
            throw RunException.of(file, "line 1 does not say when the run began; start afresh with --fresh", e);
        }
    }

    /** Results that are in the file, by case. */
    synchronized Map<String, QueryResult> done() {
        return new LinkedHashMap<>(done);
    }

    /** How many cases have a result. */
    public synchronized int size() {
        return done.size();
    }

    /** Ledger ids of the newest query of every case that was to leave for the LLM. */
    synchronized Map<String, String> sent() {
        return new LinkedHashMap<>(sent);
    }

    Instant startedAt() {
        return startedAt;
    }

    /** Seconds of work, over all starts. */
    double elapsed() {
        return elapsedBefore + (System.nanoTime() - begun) / 1e9;
    }

    /** The calling thread works on a case from now on; null for none. */
    void working(@Nullable String caseId) {
        if (caseId == null) {
            atWork.remove();
        } else {
            atWork.set(caseId);
        }
    }

    /** Writes a result. */
    void add(QueryResult result) {
        try {
            byte[] line = ResultLines.write(result, elapsed());
            synchronized (this) {
                write(line);
                done.put(result.caseId(), result);
            }
        } catch (IOException e) {
            throw RunException.of(file, "cannot be written (" + e.getMessage() + "); free space and start again, the run goes on", e);
        }
    }

    private void sending(EgressNotice notice) {
        String caseId = atWork.get();
        if (caseId == null) {
            return;
        }
        ObjectNode line = Json.object().put("kind", ResultLines.SENT).put("case", caseId).put("ledgerId", notice.id());
        try {
            synchronized (this) {
                write((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
                sent.put(caseId, notice.id());
            }
        } catch (IOException e) {
            throw RunException.of(file, "cannot be written (" + e.getMessage() + "); nothing was sent to the LLM", e);
        }
    }

    /** What the judge of this run was asked, and what it cost. */
    public JudgeBooks judging() {
        return judging;
    }

    private void judgesLine(ObjectNode line) {
        try {
            synchronized (this) {
                write((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw RunException.of(file, "cannot be written (" + e.getMessage() + "); free space and start again, the run goes on", e);
        }
    }

    private void write(byte[] line) throws IOException {
        out.write(line);
    }

    /**
     * The same ledger, which also notes here what leaves for the LLM. The cascade of the run must be given this one.
     *
     * @param ledger of the run
     */
    public Ledger watch(Ledger ledger) {
        return new Ledger() {
            @Override
            public void append(DecisionRecord record) {
                ledger.append(record);
            }

            @Override
            public void announce(EgressNotice notice) {
                ledger.announce(notice);
                sending(notice);
            }

            @Override
            public void audited(AuditRecord audit) {
                ledger.audited(audit);
            }

            @Override
            public void shadowed(ShadowRecord shadow) {
                ledger.shadowed(shadow);
            }
        };
    }

    @Override
    public void close() {
        try {
            out.close();
            lock.close();
        } catch (IOException e) {
            throw RunException.of(file, "cannot be closed (" + e.getMessage() + ")", e);
        }
    }
}
