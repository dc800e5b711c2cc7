package dev.outrider.bench;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.budget.SqliteBudgetStore;
import dev.outrider.router.ledger.SqliteLedger;
import dev.outrider.tools.desk.Desk;

/**
 * What the cascade adds to a query besides the models: workload, schema check, evidence, decision, budget, ledger record.
 * The local model has its answer ready, and it is accepted. {@code bench/cascade/run} prints the table.
 */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 4)
public class CascadeOverhead {

    private final Desk desk = Desk.inMemory();
    private final ReadyModel local = new ReadyModel();
    private final ChatRequest request = ChatRequest.builder()
            .messages(UserMessage.from("Has ORD-48213 left the house yet?"))
            .toolSpecifications(desk.catalogue().specifications())
            .build();
    private final Path folder = temporaryFolder();
    private final SqliteLedger ledger = SqliteLedger.open(folder.resolve("ledger.db"));
    private final SqliteBudgetStore budgets = SqliteBudgetStore.open(folder.resolve("budget.db"));
    private CascadeChatModel inMemory = inMemory();
    private CascadeChatModel inFiles = inFiles();

    private CascadeChatModel inMemory() {
        return CascadeChatModel.builder()
                .local(local)
                .catalogue(desk.catalogue())
                .ledger(new LastRecord())
                .build();
    }

    private CascadeChatModel inFiles() {
        return CascadeChatModel.builder()
                .local(local)
                .catalogue(desk.catalogue())
                .ledger(ledger)
                .budgets(budgets)
                .build();
    }

    /** Builds everything anew for every trial. */
    @Setup
    public void setUp() {
        inMemory = inMemory();
        inFiles = inFiles();
    }

    /** Closes desk and ledger and removes its file. */
    @TearDown
    public void tearDown() throws IOException {
        desk.close();
        ledger.close();
        budgets.close();
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("outrider-bench");
        } catch (IOException e) {
            throw new IllegalStateException("no folder for the ledger's file", e);
        }
    }

    /** The model alone: LangChain4j's own share. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse modelAlone() {
        return local.chat(request);
    }

    /** One query at a time, ledger and budget in memory. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse decideInMemory() {
        return inMemory.chat(request);
    }

    /** One query at a time, ledger and budget in SQLite files. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse decideInSqlite() {
        return inFiles.chat(request);
    }

    /** As many queries as two threads can decide, ledger and budget in memory. */
    @Benchmark
    @Threads(2)
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    public ChatResponse decisionsInMemory() {
        return inMemory.chat(request);
    }
}
