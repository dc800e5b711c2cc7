package dev.outrider.evals.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.chat.ChatModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shop;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.remote.RemoteModels;

/** A run whose process is killed again and again, in the middle of whatever it does. */
class KilledRunTest {

    private static final int REPEATS = 12;
    private static final int KILLS = 3;

    @TempDir
    Path folder;

    /** One start of the run, in a process of its own: arguments are the folder and the LLM's URL. */
    static final class OneStart {

        public static void main(String[] args) {
            EvalRun run = start(Path.of(args[0]), URI.create(args[1]));
            System.exit(run.partial() ? 3 : 0);
        }
    }

    static Suite suite() {
        return Shop.suite().repeated(REPEATS);
    }

    static EvalRun start(Path folder, URI llm) {
        Suite suite = suite();
        RunInfo info = new RunInfo("shop", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.real("paid-llm"), Runs.policy(), 1);
        Path file = folder.resolve("ledger.jsonl");
        try (RunLog log = RunLog.open(folder.resolve("results.jsonl"), RunIdentity.of(info, suite.cases()), Instant.now(), false);
                JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            Recovery recovery = Recovery.of(file, null, log);
            ChatModel model = CascadeChatModel.builder()
                    .local(new ScriptedSlm(suite.cases(), 0.4, 11))
                    .remote(RemoteModels.openAiCompatible(llm.toString(), null, SimulatedLlm.MODEL, Duration.ofSeconds(20)))
                    .policy(Runs.policy())
                    .ledger(log.watch(ledger))
                    .build();
            return EvalRunner.builder().model(model).log(log).recovery(recovery).concurrency(4).build().run(suite);
        }
    }

    @Test
    void noCaseIsRunOrPaidTwice() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("KilledRunTest seed " + seed);
        Random random = new Random(seed);
        int cases = suite().cases().size();
        SimulatedLlmBehaviour slow = SimulatedLlmBehaviour.builder().latency(Duration.ofMillis(15)).jitter(Duration.ofMillis(15)).build();
        try (SimulatedLlm llm = SimulatedLlm.start(suite().cases(), slow)) {
            for (int kill = 0; kill < KILLS; kill++) {
                killAfter(results() + 1 + random.nextInt(cases / 6), llm);
            }
            assertThat(results()).as("seed " + seed + ": killed before the end").isLessThan(cases);
            EvalRun run = start(folder, llm.baseUrl());

            assertThat(run.partial()).as("seed " + seed).isFalse();
            assertThat(run.results()).as("seed " + seed).hasSize(cases);
            Map<String, Integer> lines = lines();
            assertThat(lines).as("seed %d: one result for every case", seed).hasSize(cases).allSatisfy((id, n) -> assertThat(n).isOne());
            long lost = run.results().stream().filter(r -> "LOST".equals(r.reason())).count();
            assertThat(lost).as("seed %d: at most what was on its way at every kill", seed).isLessThanOrEqualTo(4L * KILLS);
            assertThat(llm.requests()).as("seed %d: every request was for a case of its own", seed)
                    .isBetween(requests(), requests() + 2 * lost);
            assertThat(paid()).as("seed %d: paid answers by case", seed).allSatisfy((id, n) -> assertThat(n).isOne());
        }
    }

    /** Starts the run in a process and kills it, without a warning, once there are so many results. */
    private void killAfter(long wanted, SimulatedLlm llm) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OneStart.class.getName(),
                        folder.toString(),
                        llm.baseUrl().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (results() < wanted && process.isAlive()) {
                assertThat(System.nanoTime()).as("results come").isLessThan(deadline);
                Thread.sleep(2);
            }
        } finally {
            // SIGKILL: nothing in the process can prepare for it
            process.destroyForcibly().waitFor();
        }
    }

    private long results() throws IOException {
        return lines().values().stream().mapToInt(Integer::intValue).sum();
    }

    private Map<String, Integer> lines() throws IOException {
        Path file = folder.resolve("results.jsonl");
        Map<String, Integer> cases = new HashMap<>();
        if (Files.exists(file)) {
            String text = Files.readString(file);
            for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                if (ResultLines.isResult(line)) {
                    cases.merge(ResultLines.read(line).result().caseId(), 1, Integer::sum);
                }
            }
        }
        return cases;
    }

    /** Requests that the ledger knows of, second ones after a malformed answer included. */
    private long requests() {
        try (Stream<DecisionRecord> records = LedgerReader.of(folder.resolve("ledger.jsonl")).records()) {
            return records.mapToLong(r -> r.remote() == null ? 0 : r.remote().attempts()).sum();
        }
    }

    private Map<String, Integer> paid() {
        Map<String, Integer> paid = new HashMap<>();
        try (Stream<DecisionRecord> records = LedgerReader.of(folder.resolve("ledger.jsonl")).records()) {
            List<DecisionRecord> bought = records.filter(r -> r.cost().remoteMicroUsd() > 0).toList();
            bought.forEach(r -> paid.merge(String.valueOf(r.query()), 1, Integer::sum));
        }
        return paid;
    }
}
