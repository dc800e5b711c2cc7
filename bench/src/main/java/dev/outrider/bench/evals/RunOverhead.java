package dev.outrider.bench.evals;

import dev.langchain4j.model.chat.request.ChatRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.slm.SlmEngine;

/**
 * What a run adds to its model's time, in two ways. Alone: the run's wall-clock seconds less those inside the small model, one query at
 * a time, in a process that has just started and after that. In pairs: the wall-clock seconds of a run beside those of the same requests
 * sent straight to the model by as many threads, in turns, over and over.
 */
final class RunOverhead {

    private static final int PAIRS = 7;

    private static final int PAIRS_AT_ONCE = 21;

    /** Queries asked of another model: the first ones warm the process. */
    private static final int OTHER_FIRST = 60;

    private static final int OTHER = 40;

    /** How often a side of a pair goes through the suite. */
    private static final int TIMES = 4;

    /** As {@code outrider eval} does by default. */
    private static final int CONCURRENCY = 4;

    private RunOverhead() {}

    /** @param file another model, asked alone only; null: the embedded one */
    static void print(@Nullable Path file) throws IOException {
        Path folder = Files.createTempDirectory("outrider-evals");
        if (file != null) {
            other(file, folder);
            return;
        }
        try (SlmEngine engine = SlmEngine.embedded();
                SlmChatModel local = SlmChatModel.builder().engine(engine).build()) {
            alone("first run of a process", Suite.desk(), local, folder.resolve("first"));
            alone("run after it", Suite.desk().repeated(TIMES), local, folder.resolve("next"));
            pairs(1, local, folder);
            pairs(CONCURRENCY, local, folder);
            alone("run at the end", Suite.desk().repeated(TIMES), local, folder.resolve("last"));
        }
    }

    private static void other(Path file, Path folder) throws IOException {
        try (SlmEngine engine = SlmEngine.load(file);
                SlmChatModel local = SlmChatModel.builder().engine(engine).build()) {
            alone("first run with " + file.getFileName(), Suite.desk().limit(OTHER_FIRST), local, folder.resolve("first"));
            alone("run after it", Suite.desk().limit(OTHER), local, folder.resolve("next"));
        }
    }

    private static void alone(String which, Suite suite, SlmChatModel local, Path folder) throws IOException {
        EvalRun run = run(suite, local, 1, folder);
        double seconds = run.seconds();
        double model = run.results().stream().mapToDouble(r -> r.books().localSeconds() == null ? 0 : r.books().localSeconds()).sum();
        System.out.printf(Locale.ROOT, "%s: %,d queries in %.2f s, %.2f s of it in the model, %.2f %% beside it, %.3f ms a query%n", which,
                run.results().size(), seconds, model, 100 * (seconds - model) / model, 1e3 * (seconds - model) / run.results().size());
    }

    private static void pairs(int concurrency, SlmChatModel local, Path folder) throws IOException {
        Suite suite = Suite.desk().repeated(TIMES);
        List<Double> ratios = new ArrayList<>();
        int pairs = concurrency == 1 ? PAIRS : PAIRS_AT_ONCE;
        for (int i = 0; i < pairs; i++) {
            // whoever comes second finds a machine that the first one warmed; so they take turns
            boolean runFirst = i % 2 == 0;
            double run = runFirst ? run(suite, local, concurrency, folder.resolve(concurrency + "-" + i)).seconds() : 0;
            double bare = bare(suite, local, concurrency);
            run = runFirst ? run : run(suite, local, concurrency, folder.resolve(concurrency + "-" + i)).seconds();
            ratios.add(run / bare);
            System.out.printf(Locale.ROOT, "%d at a time: run %.2f s, the model alone %.2f s, %+.2f %%%n", concurrency, run, bare, 100 * (run / bare - 1));
        }
        ratios.sort(null);
        System.out.printf(Locale.ROOT, "%d at a time: median of %d pairs of %,d queries %+.2f %% (quartiles %+.2f to %+.2f)%n", concurrency, pairs,
                suite.cases().size(), 100 * (ratios.get(pairs / 2) - 1), 100 * (ratios.get(pairs / 4) - 1), 100 * (ratios.get(3 * pairs / 4) - 1));
    }

    private static EvalRun run(Suite suite, SlmChatModel local, int concurrency, Path folder) throws IOException {
        Files.createDirectories(folder);
        return EvalsBench.run(suite, local, concurrency, folder.resolve("results.jsonl"), folder.resolve("ledger.jsonl"));
    }

    /** Seconds that the same requests take when nothing but the model is asked. */
    private static double bare(Suite suite, SlmChatModel local, int concurrency) {
        List<EvalCase> cases = suite.cases().stream().filter(EvalCase::runnable).toList();
        AtomicInteger next = new AtomicInteger();
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(concurrency)) {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < concurrency; i++) {
                workers.add(threads.submit(() -> {
                    for (int at = next.getAndIncrement(); at < cases.size(); at = next.getAndIncrement()) {
                        EvalCase c = cases.get(at);
                        local.chat(ChatRequest.builder().messages(c.messages()).toolSpecifications(c.specifications()).build());
                    }
                }));
            }
            for (Future<?> worker : workers) {
                worker.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return (System.nanoTime() - start) / 1e9;
    }
}
