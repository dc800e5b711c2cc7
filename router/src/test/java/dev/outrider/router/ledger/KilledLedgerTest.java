package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A killed process loses nothing that its ledger said was written. */
class KilledLedgerTest {

    private static final int THREADS = 3;

    @TempDir
    Path folder;

    /** Writes notices and decisions from several threads for ever and says so after each. */
    static final class WriteLoop {

        public static void main(String[] args) {
            FileLedger ledger = FileLedger.open(Path.of(args[0]), LedgerSettings.DEFAULTS, Map.of());
            for (int t = 0; t < THREADS; t++) {
                String thread = args[1] + "/" + t + "/";
                new Thread(() -> {
                            RandomRecords random = new RandomRecords(new Random(thread.hashCode()));
                            for (int i = 0; ; i++) {
                                String id = thread + i;
                                ledger.announce(new EgressNotice(id, Instant.EPOCH, i));
                                say("announced " + id);
                                ledger.append(renamed(random.decision(), id));
                                say("written " + id);
                            }
                        })
                        .start();
            }
        }

        private static void say(String line) {
            synchronized (WriteLoop.class) {
                System.out.println(line);
                System.out.flush();
            }
        }

        private static DecisionRecord renamed(DecisionRecord record, String id) {
            return DecisionRecord.builder().id(id).at(record.at()).decision(record.decision()).policy(record.policy()).build();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ledger.jsonl", "ledger.db"})
    void what_was_acknowledged_before_a_kill_is_there_after_it(String name) throws Exception {
        long seed = new Random().nextLong();
        System.out.println("KilledLedgerTest seed " + seed);
        Random random = new Random(seed);
        Path file = folder.resolve(name);
        Set<String> acknowledged = new HashSet<>();
        for (int kill = 0; kill < 3; kill++) {
            Process process = start(file, "run" + kill);
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (int wanted = random.nextInt(1, 400); wanted > 0; wanted--) {
                    String line = lines.readLine();
                    assertThat(line).as("seed " + seed).isNotNull();
                    acknowledged.add(line);
                }
                process.toHandle().destroyForcibly();
                process.waitFor();
                lines.lines().forEach(acknowledged::add);
            }
            // opened again, as the next process would
            FileLedger.open(file, LedgerSettings.DEFAULTS, Map.of()).close();
        }
        List<LedgerEntry> entries;
        try (Stream<LedgerEntry> all = LedgerReader.of(file).entries()) {
            entries = all.toList();
        }
        Set<String> found = entries.stream()
                .map(entry -> (entry instanceof EgressNotice ? "announced " : "written ") + entry.id())
                .collect(Collectors.toSet());
        assertThat(found).as("seed " + seed).containsAll(acknowledged).hasSize(entries.size());
        assertThat(found.size()).as("at most one entry of each thread unsaid").isLessThanOrEqualTo(acknowledged.size() + 3 * THREADS);
        Set<String> announced = new HashSet<>();
        for (LedgerEntry entry : entries) {
            assertThat(entry instanceof EgressNotice ? announced.add(entry.id()) : announced.contains(entry.id()))
                    .as("seed %d: %s is announced before it is decided", seed, entry.id())
                    .isTrue();
        }
    }

    private static Process start(Path file, String run) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WriteLoop.class.getName(),
                        file.toString(),
                        run)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
