package dev.outrider.router.budget;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import dev.outrider.router.budget.Grant.Granted;

/**
 * A process of its own that spends from budgets which others spend from as well, and says what it spends: {@code
 * settling N} before, {@code settled N} after, and in the end {@code spent N}.
 */
final class BudgetProcess {

    static final Duration EXPIRY = Duration.ofMinutes(5);

    private BudgetProcess() {}

    /** The budgets of all these processes. */
    static List<BudgetRule> rules(long limit) {
        return List.of(
                BudgetRule.of("all", Scope.GLOBAL, Unit.MICRO_USD, limit, null, OnExhausted.REFUSE),
                BudgetRule.of("tenant", Scope.TENANT, Unit.MICRO_USD, limit, null, OnExhausted.REFUSE));
    }

    /** What the name of a file that a process has to itself begins with. */
    static final String ALONE = "alone:";

    static BudgetStore open(String store) {
        if (store.startsWith(ALONE)) {
            return JournaledBudgetStore.open(Path.of(store.substring(ALONE.length())));
        }
        return store.startsWith("jdbc:") ? PostgresBudgetStore.open(store) : SqliteBudgetStore.open(Path.of(store));
    }

    /** Arguments: store, limit, leases (0 for ever), seed, tenant. */
    public static void main(String[] args) {
        int leases = Integer.parseInt(args[2]);
        Random random = new Random(Long.parseLong(args[3]));
        BudgetKeys keys = new BudgetKeys(args[4], null, "r", null);
        long spent = 0;
        try (BudgetStore store = open(args[0])) {
            Budgets budgets = new Budgets(rules(Long.parseLong(args[1])), store, InstantSource.system());
            say("ready");
            for (int i = 0; leases == 0 || i < leases; i++) {
                Amounts worst = Amounts.of(Unit.MICRO_USD, 1 + random.nextInt(1000));
                if (budgets.lease(keys, worst, EXPIRY) instanceof Granted(Lease lease)) {
                    if (random.nextInt(8) == 0) {
                        lease.release();
                        continue;
                    }
                    long actual = random.nextLong(worst.microUsd() + 1);
                    if (leases == 0) {
                        say("settling " + actual);
                    }
                    spent += lease.settle(Amounts.of(Unit.MICRO_USD, actual)).charged().microUsd();
                    if (leases == 0) {
                        say("settled " + actual);
                    }
                }
            }
        }
        say("spent " + spent);
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** Starts one. */
    static Process start(String store, long limit, int leases, long seed, String tenant) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                BudgetProcess.class.getName(),
                store,
                String.valueOf(limit),
                String.valueOf(leases),
                String.valueOf(seed),
                tenant));
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What one of them spent, once it has ended by itself. */
    static long spentBy(Process process) throws IOException, InterruptedException {
        String last = "nothing";
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
            }
        }
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0 || !last.startsWith("spent ")) {
            throw new AssertionError("the process ended with " + last);
        }
        return Long.parseLong(last.substring("spent ".length()));
    }
}
