package dev.outrider.tools.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes on one real file, killed without warning. */
class DeskCrashTest {

    @TempDir
    Path folder;

    @Test
    void aProcessKilledBetweenRefundsLeavesNoHalfRefundAndLosesNone() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Path file = folder.resolve("shop.db");
        int confirmed = 0;
        int kills = 3;
        for (int i = 0; i < kills; i++) {
            Process process = start(file, 1_000_000);
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                int wanted = random.nextInt(1, 60);
                for (int seen = 0; seen < wanted; ) {
                    String line = lines.readLine();
                    assertThat(line).as("seed %d", seed).isNotNull();
                    seen += line.equals("refunded") ? 1 : 0;
                }
                Thread.sleep(random.nextInt(5));
                kill(process);
                confirmed += wanted + (int) lines.lines().filter("refunded"::equals).count();
            }
        }
        int rows = check(file);
        // a kill may come between the commit and the line that tells of it
        assertThat(rows).as("seed %d", seed).isBetween(confirmed, confirmed + kills);
    }

    @Test
    void aProcessKilledWhileItMakesTheShopLeavesAFileThatOpens() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            Path file = folder.resolve("new" + i + ".db");
            Process process = start(file, 0);
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                assertThat(lines.readLine()).isEqualTo("opening");
                Thread.sleep(random.nextInt(150, 600));
                kill(process);
            }
            try (Desk desk = Desk.open(file);
                    Desk memory = Desk.inMemory()) {
                assertThat(desk.digest()).as("seed %d", seed).isEqualTo(memory.digest());
            }
        }
    }

    @Test
    void twoProcessesMakeOneShopAndShareIt() throws Exception {
        Path file = folder.resolve("shop.db");
        List<Process> processes = List.of(start(file, 100), start(file, 100));
        for (Process process : processes) {
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                assertThat(lines.lines().filter("refunded"::equals)).hasSize(100);
            }
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
        assertThat(check(file)).isEqualTo(200);
    }

    /** Asserts that the books are in order and gives the number of refunds of the one order. */
    private static int check(Path file) {
        try (Desk desk = Desk.open(file)) {
            return desk.database().read(session -> {
                assertThat(session.all(row -> row.getString(1), "PRAGMA integrity_check")).containsExactly("ok");
                assertThat(session.all(row -> row.getString(1), "PRAGMA foreign_key_check")).isEmpty();
                assertThat(session.all(
                                row -> row.getString(1),
                                "SELECT id FROM shop_order WHERE refunded_cents <> ("
                                        + "SELECT coalesce(sum(amount_cents), 0) FROM refund"
                                        + " WHERE order_id = shop_order.id)"))
                        .isEmpty();
                return session.one(row -> row.getInt(1), "SELECT count(*) FROM refund WHERE order_id = 'ORD-48213'")
                        .orElseThrow();
            });
        }
    }

    /** SIGKILL through the handle, which unlike the process leaves the lines it has printed to be read. */
    private static void kill(Process process) throws InterruptedException {
        process.toHandle().destroyForcibly();
        process.waitFor();
    }

    private static Process start(Path file, int refunds) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RefundLoop.class.getName(),
                        file.toString(),
                        String.valueOf(refunds))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
