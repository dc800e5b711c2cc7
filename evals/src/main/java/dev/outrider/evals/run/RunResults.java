package dev.outrider.evals.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

import dev.outrider.evals.suite.EvalCase;

/**
 * Reads the results of a run and judges every answer anew by its case, line by line and on all processors, so that a file of a million
 * results needs seconds and a fraction of its size. Texts are kept of the first results only: nobody reads a million of them.
 */
public final class RunResults {

    private static final int BATCH = 2000;

    private final Map<String, EvalCase> cases = new HashMap<>();
    private final int textsOf;

    /**
     * @param cases of the run
     * @param textsOf how many results, from the first, keep questions and answers
     */
    public RunResults(List<EvalCase> cases, int textsOf) {
        cases.forEach(c -> this.cases.put(c.id(), c));
        this.textsOf = textsOf;
    }

    /**
     * The results in the file's order; of a case that stands there twice, both.
     *
     * @param file {@code results.jsonl}
     * @throws RunException when a line cannot be read, or is of a case that is not among the given ones; names the line
     */
    public List<QueryResult> read(Path file) {
        List<QueryResult> results = new ArrayList<>();
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        try (BufferedReader lines = Files.newBufferedReader(file);
                ExecutorService workers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory())) {
            Deque<Future<List<QueryResult>>> pending = new ArrayDeque<>();
            int number = 0;
            for (List<String> batch = batch(lines); !batch.isEmpty(); batch = batch(lines)) {
                List<String> work = batch;
                int first = number + 1;
                pending.add(workers.submit(() -> judge(file, work, first)));
                number += batch.size();
                // no more than a few batches are held as text
                if (pending.size() > 2 * threads) {
                    results.addAll(pending.remove().get());
                }
            }
            for (Future<List<QueryResult>> rest : pending) {
                results.addAll(rest.get());
            }
        } catch (IOException e) {
            throw RunException.of(file, "cannot be read (" + e.getMessage() + ")", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException problem ? problem : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RunException.of(file, "was not read to its end: interrupted", e);
        }
        return results;
    }

    /**
     * Reads the results as they were written, one after the other, and keeps none: for runs of any size.
     *
     * @param file {@code results.jsonl}
     * @param each is given every result in the file's order, with the verdict that was written
     * @throws RunException when a line cannot be read; names the line
     */
    public static void written(Path file, Consumer<QueryResult> each) {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (ResultLines.isResult(line)) {
                    each.accept(result(file, number, line));
                }
            }
        } catch (IOException e) {
            throw RunException.of(file, "cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static QueryResult result(Path file, int number, String line) {
        try {
            return ResultLines.read(line).result();
        } catch (IOException e) {
            throw RunException.of(file, "line " + number + " " + e.getMessage() + "; remove the line and its case is run again", e);
        }
    }

    private static List<String> batch(BufferedReader lines) throws IOException {
        List<String> batch = new ArrayList<>(BATCH);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            batch.add(line);
            if (batch.size() == BATCH) {
                break;
            }
        }
        return batch;
    }

    private List<QueryResult> judge(Path file, List<String> lines, int first) {
        List<QueryResult> results = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!ResultLines.isResult(line)) {
                continue;
            }
            QueryResult written = result(file, first + i, line);
            EvalCase c = cases.get(written.caseId());
            if (c == null) {
                throw RunException.of(file, "line " + (first + i) + " is of the case " + written.caseId()
                        + ", which is in none of the suites; name the suites of the run");
            }
            QueryResult judged = QueryResults.judgedAgain(c, written);
            results.add(first + i <= textsOf ? judged : judged.withoutTexts(c));
        }
        return results;
    }
}
