package dev.outrider.bench.evals;

import dev.langchain4j.model.chat.ChatModel;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

import dev.outrider.evals.compare.Comparison;
import dev.outrider.evals.compare.ComparisonHtml;
import dev.outrider.evals.compare.Side;
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
 * results; {@code report FOLDER N} judges each anew and writes the report; {@code compare FOLDER} compares that report with itself, read
 * twice; {@code overhead [MODEL.gguf]} says what a run adds to the time of the embedded model, or of another ({@link RunOverhead}).
 */
public final class EvalsBench {

    private static final int TEXTS = 20_000;

    private EvalsBench() {}

    public static void main(String[] args) throws IOException {
        switch (args.length == 0 ? "" : args[0]) {
            case "write" -> write(Path.of(args[1]), Integer.parseInt(args[2]));
            case "report" -> report(Path.of(args[1]), Integer.parseInt(args[2]));
            case "compare" -> compare(Path.of(args[1]));
            case "overhead" -> RunOverhead.print(args.length > 1 ? Path.of(args[1]) : null);
            default -> throw new IllegalArgumentException("write FOLDER N, report FOLDER N, compare FOLDER or overhead [MODEL.gguf]");
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
                SlmChatModel local = SlmChatModel.builder().engine(engine).build()) {
            return run(suite, local, 1, results, ledgerFile);
        }
    }

    /** The run as {@code outrider eval} makes it, without an LLM: cascade, ledger, verdicts, results. */
    static EvalRun run(Suite suite, SlmChatModel local, int concurrency, Path results, Path ledgerFile) {
        try (Desk desk = Desk.inMemory();
                JsonLinesLedger ledger = JsonLinesLedger.open(ledgerFile);
                RunLog log = RunLog.open(results, RunIdentity.of(info(""), suite.cases()), Instant.now(), true)) {
            ChatModel cascade = CascadeChatModel.builder()
                    .local(local)
                    .catalogue(desk.catalogue())
                    .ledger(log.watch(ledger))
                    .build();
            return EvalRunner.builder().model(cascade).concurrency(concurrency).log(log).build().run(suite);
        }
    }

    private static void report(Path folder, int results) throws IOException {
        long start = System.nanoTime();
        Suite suite = repeated(results);
        List<QueryResult> judged = new RunResults(suite.cases(), TEXTS).read(folder.resolve("results.jsonl"));
        double matched = since(start);
        EvalRun run = new EvalRun(judged, List.of(), results, false, "", Instant.now(), 0, List.of());
        ReportFiles.write(folder, ReplacementReport.of(info(""), run));
        System.out.printf(Locale.ROOT, "%,d results read and matched in %.1f s, with the report %.1f s, %s%n", judged.size(), matched,
                since(start), mostMemory());
    }

    private static void compare(Path folder) throws IOException {
        long start = System.nanoTime();
        Comparison comparison = Comparison.of(Side.read(folder), Side.read(folder), 1);
        Files.writeString(folder.resolve("difference.html"), ComparisonHtml.render(comparison));
        System.out.printf(Locale.ROOT, "two runs of %,d queries compared in %.1f s, %s%n", comparison.replacement().queries(), since(start),
                mostMemory());
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

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
