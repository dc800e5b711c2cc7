package dev.outrider.bench.evals;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.ReportFiles;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.RunIdentity;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.RunLog;
import dev.outrider.evals.run.RunResults;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.router.policy.Policy;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.slm.SlmEngine;
import dev.outrider.tools.desk.Desk;

/**
 * Measures evaluation itself, with the real results of the embedded model on the desk suite. Arguments: {@code write FOLDER N} writes N
 * results; {@code report FOLDER N} judges each anew and writes the report; {@code overhead} says what a run adds to its model's time.
 */
public final class EvalsBench {

    private static final int TEXTS = 20_000;

    private EvalsBench() {}

    public static void main(String[] args) throws IOException {
        switch (args.length == 0 ? "" : args[0]) {
            case "write" -> write(Path.of(args[1]), Integer.parseInt(args[2]));
            case "report" -> report(Path.of(args[1]), Integer.parseInt(args[2]));
            case "overhead" -> overhead();
            default -> throw new IllegalArgumentException("write FOLDER N, report FOLDER N or overhead");
        }
    }

    private static Suite repeated(int results) {
        Suite desk = Suite.desk();
        return desk.repeated(Math.ceilDiv(results, desk.cases().size())).limit(results);
    }

    private static RunInfo info(String llm) {
        return new RunInfo("desk", RunInfo.Mode.SUITE, "embedded", llm.isEmpty()
                ? RunInfo.Llm.none()
                : RunInfo.Llm.simulated(SimulatedLlmBehaviour.perfect()), Policy.defaults(), 1);
    }

    /** Runs the suite once for real, and writes its lines again and again under the names of repeated cases. */
    private static void write(Path folder, int results) throws IOException {
        Suite desk = Suite.desk();
        Path once = folder.resolve("once.jsonl");
        run(desk, once, folder.resolve("ledger.jsonl"));
        List<String> lines = Files.readAllLines(once);
        String head = lines.getFirst();
        List<String> real = lines.stream().filter(l -> l.startsWith("{\"kind\":\"result\"")).toList();
        Path file = folder.resolve("results.jsonl");
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            out.write(head + "\n");
            for (int i = 0; i < results; i++) {
                String line = real.get(i % real.size());
                int time = i / real.size() + 1;
                // as Suite.repeated names them
                out.write((time == 1 ? line : line.replaceFirst("(\"case\":\"[^\"]*)\"", "$1@" + time + "\"")) + "\n");
            }
        }
        System.out.printf(Locale.ROOT, "%,d results, %,d MB%n", results, Files.size(file) >> 20);
    }

    private static EvalRun run(Suite suite, Path results, Path ledgerFile) {
        try (SlmEngine engine = SlmEngine.embedded();
                SlmChatModel local = SlmChatModel.builder().engine(engine).build();
                Desk desk = Desk.inMemory();
                JsonLinesLedger ledger = JsonLinesLedger.open(ledgerFile);
                RunLog log = RunLog.open(results, RunIdentity.of(info(""), suite.cases()), Instant.now(), true)) {
            ChatModel cascade = CascadeChatModel.builder()
                    .local(local)
                    .catalogue(desk.catalogue())
                    .ledger(log.watch(ledger))
                    .build();
            return EvalRunner.builder().model(cascade).log(log).build().run(suite);
        }
    }

    private static void report(Path folder, int results) throws IOException {
        long start = System.nanoTime();
        Suite suite = repeated(results);
        List<QueryResult> judged = new RunResults(suite.cases(), TEXTS).read(folder.resolve("results.jsonl"));
        double matched = since(start);
        EvalRun run = new EvalRun(judged, List.of(), results, false, "", Instant.now(), 0, List.of());
        ReportFiles.write(folder.resolve("report"), ReplacementReport.of(info(""), run));
        System.out.printf(Locale.ROOT, "%,d results read and matched in %.1f s, with the report %.1f s, %s%n", judged.size(), matched,
                since(start), mostMemory());
    }

    /** The most memory that the process ever had, as the system counts it. */
    private static String mostMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return "memory not measured on this system";
        }
        long kilobytes = Files.readAllLines(status).stream()
                .filter(l -> l.startsWith("VmHWM:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
        return String.format(Locale.ROOT, "%,d MB at most", kilobytes >> 10);
    }

    /** Everything but the models: the run's wall-clock seconds less those inside the small model. */
    private static void overhead() throws IOException {
        Path folder = Files.createTempDirectory("outrider-evals");
        Suite suite = Suite.desk();
        try (SlmEngine engine = SlmEngine.embedded();
                SlmChatModel local = SlmChatModel.builder().engine(engine).build();
                Desk desk = Desk.inMemory();
                JsonLinesLedger ledger = JsonLinesLedger.open(folder.resolve("ledger.jsonl"));
                RunLog log = RunLog.open(folder.resolve("results.jsonl"), RunIdentity.of(info(""), suite.cases()), Instant.now(), true)) {
            ChatModel cascade = CascadeChatModel.builder()
                    .local(local)
                    .catalogue(desk.catalogue())
                    .ledger(log.watch(ledger))
                    .build();
            for (int i = 0; i < 40; i++) {
                // warm: the first queries compile
                local.chat(ChatRequest.builder().messages(suite.cases().get(i).messages())
                        .toolSpecifications(suite.cases().get(i).specifications()).build());
            }
            long from = System.nanoTime();
            EvalRun run = EvalRunner.builder().model(cascade).log(log).build().run(suite);
            double seconds = since(from);
            double model = run.results().stream().mapToDouble(r -> r.books().localSeconds() == null ? 0 : r.books().localSeconds()).sum();
            System.out.printf(Locale.ROOT, "a run of %d queries: %.2f s, %.2f s of it in the model, %.2f %% beside it%n",
                    run.results().size(), seconds, model, 100 * (seconds - model) / model);
        }
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
