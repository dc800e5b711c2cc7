package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that spend from one budget never overspend it and leave nothing behind. */
class ManyProcessesTest {

    /** What a lease of {@link BudgetProcess} costs on average, and a little less: the limit must be reached. */
    private static final long PER_LEASE = 180;

    @TempDir
    Path folder;

    @Test
    void three_processes_share_a_sqlite_file() throws Exception {
        share(folder.resolve("budgets.db").toString(), 3, 300);
    }

    @Test
    void eight_processes_share_a_postgresql_server() throws Exception {
        share(PostgresServer.newSchema(), 8, 250);
    }

    @Test
    @Tag("long")
    void eight_processes_of_ten_thousand_leases_share_a_postgresql_server() throws Exception {
        share(PostgresServer.newSchema(), 8, 10_000);
    }

    @Test
    @Tag("long")
    void eight_processes_of_ten_thousand_leases_share_a_sqlite_file() throws Exception {
        share(folder.resolve("budgets.db").toString(), 8, 10_000);
    }

    private static void share(String where, int processes, int leases) throws Exception {
        long seed = new Random().nextLong();
        System.out.println("ManyProcessesTest seed " + seed);
        long limit = PER_LEASE * processes * leases;
        long begin = System.nanoTime();
        try (BudgetStore store = BudgetProcess.open(where)) {
            Budgets budgets = new Budgets(BudgetProcess.rules(limit), store, InstantSource.system());
            List<Process> running = new ArrayList<>();
            for (int i = 0; i < processes; i++) {
                running.add(BudgetProcess.start(where, limit, leases, seed + i, "tenant-" + i % 3));
            }
            BudgetKeys anybody = new BudgetKeys("tenant-0", null, "r", null);
            long looks = 0;
            while (running.stream().anyMatch(Process::isAlive)) {
                BudgetState all = budgets.states(anybody).getFirst();
                assertThat(all.spent() + all.leased()).isLessThanOrEqualTo(limit);
                looks++;
                Thread.sleep(100);
            }
            long spent = 0;
            for (Process process : running) {
                spent += BudgetProcess.spentBy(process);
            }
            long ofTenants = 0;
            for (int i = 0; i < 3; i++) {
                BudgetState tenant = budgets.states(new BudgetKeys("tenant-" + i, null, "r", null)).getLast();
                assertThat(tenant.leased()).isZero();
                ofTenants += tenant.spent();
            }
            BudgetState all = budgets.states(anybody).getFirst();
            System.out.printf(
                    "%d processes of %d leases: spent %d of %d, looked %d times, %.1f s%n",
                    processes, leases, spent, limit, looks, (System.nanoTime() - begin) / 1e9);
            assertThat(all.rule().name()).isEqualTo("all");
            assertThat(all.spent()).isEqualTo(spent).isEqualTo(ofTenants).isLessThanOrEqualTo(limit);
            assertThat(all.leased()).isZero();
            assertThat(store.leasesOut(System.currentTimeMillis())).isZero();
            assertThat(spent).as("the limit must be reached to mean anything").isGreaterThan(limit - 1000);
        }
    }
}
