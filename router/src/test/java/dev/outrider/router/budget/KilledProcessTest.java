package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed while they spend lose no cent and double none. */
class KilledProcessTest {

    private static final long LIMIT = Amounts.MOST;

    @TempDir
    Path folder;

    @Test
    void kill_minus_9_loses_no_cent_and_doubles_none() throws Exception {
        killed("", List.of("a", "b"));
    }

    @Test
    void kill_minus_9_of_the_one_that_has_the_file_to_itself_loses_no_cent_either() throws Exception {
        killed(BudgetProcess.ALONE, List.of("a"));
    }

    private void killed(String how, List<String> tenants) throws Exception {
        long seed = new Random().nextLong();
        System.out.println("KilledProcessTest seed " + seed);
        Random random = new Random(seed);
        String file = folder.resolve("budgets.db").toString();
        // all that may be booked: a bill that was under way when the process was killed is there or not
        Set<Long> possible = new TreeSet<>(Set.of(0L));
        for (int round = 0; round < 3; round++) {
            List<Process> all = tenants.stream()
                    .map(tenant -> BudgetProcess.start(how + file, LIMIT, 0, random.nextLong(), tenant))
                    .toList();
            List<BufferedReader> said =
                    all.stream().map(process -> process.inputReader(StandardCharsets.UTF_8)).toList();
            for (int i = 0; i < all.size(); i++) {
                Reported reported = new Reported();
                int lines = 1 + random.nextInt(400);
                for (int line = 0; line < lines; line++) {
                    reported.add(said.get(i).readLine());
                }
                // through the handle, which unlike the process leaves what was said to be read
                all.get(i).toHandle().destroyForcibly();
                all.get(i).waitFor();
                said.get(i).lines().forEach(reported::add);
                possible = reported.addTo(possible);
            }
            Instant later = Instant.now().plus(BudgetProcess.EXPIRY.multipliedBy(2));
            // every other time by the store that has the file to itself
            try (BudgetStore store = BudgetProcess.open(round == 1 ? BudgetProcess.ALONE + file : file)) {
                Budgets budgets = new Budgets(BudgetProcess.rules(LIMIT), store, InstantSource.fixed(later));
                BudgetState ofA = budgets.states(new BudgetKeys("a", null, "r", null)).getLast();
                BudgetState ofB = budgets.states(new BudgetKeys("b", null, "r", null)).getLast();
                BudgetState together = budgets.states(new BudgetKeys("b", null, "r", null)).getFirst();
                assertThat(possible).as("seed %d, round %d", seed, round).contains(together.spent());
                assertThat(ofA.spent() + ofB.spent()).isEqualTo(together.spent());
                assertThat(together.leased()).as("leases of the dead have expired").isZero();
                assertThat(store.leasesOut(later.toEpochMilli())).isZero();
                possible = new TreeSet<>(Set.of(together.spent()));
            }
        }
        assertThat(possible).as("something was spent").doesNotContain(0L);
    }

    /** What a process said that it had booked, and the bill that it was about to book. */
    private static final class Reported {
        private long settled;
        private long underWay;

        private void add(String line) {
            String[] words = line.split(" ");
            if (words[0].equals("settling") && words.length == 2) {
                underWay = Long.parseLong(words[1]);
            } else if (words[0].equals("settled") && words.length == 2) {
                settled += Long.parseLong(words[1]);
                underWay = 0;
            }
        }

        private Set<Long> addTo(Set<Long> sums) {
            Set<Long> more = new TreeSet<>();
            for (long sum : sums) {
                more.add(sum + settled);
                more.add(sum + settled + underWay);
            }
            return more;
        }
    }
}
