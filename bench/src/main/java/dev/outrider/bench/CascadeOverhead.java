package dev.outrider.bench;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

import dev.outrider.router.CascadeAttributes;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.RoutingStats;
import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.InMemoryBudgetStore;
import dev.outrider.router.budget.JournaledBudgetStore;
import dev.outrider.router.budget.SqliteBudgetStore;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.SqliteLedger;
import dev.outrider.tools.desk.Desk;

/**
 * What the cascade adds to a query besides the models: workload, lease in four budgets, schema check, evidence, calibrated
 * decision, settlement, ledger record. The local model has its answer ready, and it is accepted on its evidence; a run in
 * which one query was not, or in which the budgets do not add up, fails. {@code bench/cascade/run} prints the table.
 */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 3)
public class CascadeOverhead {

    private final ReadyModel local = new ReadyModel();
    private final LastRecord kept = new LastRecord();
    private final Desk desk = Desk.inMemory();
    private final ChatRequest request = ChatRequest.builder()
            .messages(UserMessage.from("Has ORD-48213 left the house yet?"))
            .toolSpecifications(desk.catalogue().specifications())
            .build();
    private final Path folder = temporaryFolder();
    private final SqliteLedger ledger = SqliteLedger.open(folder.resolve("ledger.db"));
    private final JournaledBudgetStore own = JournaledBudgetStore.open(folder.resolve("own.db"));
    private final SqliteBudgetStore shared = SqliteBudgetStore.open(folder.resolve("shared.db"));
    private final CascadeChatModel inMemory = cascade(kept, new InMemoryBudgetStore());
    private final CascadeChatModel inOwnFiles = cascade(ledger, own);
    private final CascadeChatModel inSharedFiles = cascade(ledger, shared);

    private CascadeChatModel cascade(Ledger into, BudgetStore store) {
        return CascadeChatModel.builder()
                .local(local)
                .catalogue(desk.catalogue())
                .policy(BenchPolicy.source())
                .ledger(into)
                .budgets(store)
                .build();
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("outrider-bench");
        } catch (IOException e) {
            throw new IllegalStateException("no folder for the ledger's file", e);
        }
    }

    /** Refuses to measure anything but decisions on evidence under leases. */
    @Setup(Level.Trial)
    public void checkOneDecision() {
        inMemory.chat(request, new Callers().next());
        DecisionRecord record = Objects.requireNonNull(kept.last());
        if (!(record.decision() instanceof Accept accept && accept.basis() == Basis.EVIDENCE)) {
            throw new IllegalStateException("not accepted on evidence but: " + record.decision());
        }
        List<DecisionRecord.Lease> leases = record.leases();
        if (leases.size() != 1 || leases.getFirst().leased().tokens() == 0) {
            throw new IllegalStateException("no tokens were set aside: " + leases);
        }
    }

    /** Makes sure that every query was what it was meant to be, and removes the files. */
    @TearDown(Level.Trial)
    public void checkAll() throws IOException {
        check(inMemory);
        check(inOwnFiles);
        check(inSharedFiles);
        desk.close();
        ledger.close();
        own.close();
        shared.close();
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private static void check(CascadeChatModel model) {
        RoutingStats stats = model.stats();
        if (stats.accepted() != stats.queries()) {
            throw new IllegalStateException("accepted " + stats.accepted() + " of " + stats.queries());
        }
        BudgetState house = model.budgets(CascadeAttributes.NONE).getFirst();
        if (house.leased() != 0 || house.total() != stats.localMicroUsd()) {
            throw new IllegalStateException("the budget says " + house + " but the ledger " + stats);
        }
    }

    /** The model alone: LangChain4j's own share. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse modelAlone() {
        return local.chat(request, ChatRequestOptions.EMPTY);
    }

    /** One query at a time, ledger and budgets in memory. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse decideInMemory(Callers callers) {
        return inMemory.chat(request, callers.next());
    }

    /** One query at a time, ledger and budgets in SQLite files that the process has to itself. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse decideInSqlite(Callers callers) {
        return inOwnFiles.chat(request, callers.next());
    }

    /** One query at a time, budgets in a SQLite file that other processes may use at the same time. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public ChatResponse decideInSharedSqlite(Callers callers) {
        return inSharedFiles.chat(request, callers.next());
    }

    /** As many queries as two threads can decide, ledger and budgets in memory. */
    @Benchmark
    @Threads(2)
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    public ChatResponse decisionsInMemory(Callers callers) {
        return inMemory.chat(request, callers.next());
    }

    /** As many queries as two threads can decide, ledger and budgets in SQLite files that the process has to itself. */
    @Benchmark
    @Threads(2)
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    public ChatResponse decisionsInSqlite(Callers callers) {
        return inOwnFiles.chat(request, callers.next());
    }
}
