package dev.outrider.router.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ReloadingPolicyTest {

    @TempDir
    private Path folder;

    private Path file = Path.of("");
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    @BeforeEach
    void writeTheFirstPolicy() throws IOException {
        file = folder.resolve("policy.yaml");
        write("v1");
    }

    private void write(String version) throws IOException {
        put(Policies.changedText("default-2", version));
    }

    /** As editors do it: a new file in place of the old one, so that nobody sees half of it. */
    private void put(String text) throws IOException {
        Path next = Files.writeString(folder.resolve("next.yaml"), text);
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private ReloadingPolicy unwatched() {
        return new ReloadingPolicy(file, null, complaints::add);
    }

    @Test
    void a_changed_file_takes_the_place_of_the_old_policy() throws IOException {
        try (ReloadingPolicy policy = unwatched()) {
            PolicyInForce first = policy.current();
            policy.look();
            assertThat(policy.current()).isSameAs(first);
            write("v2");
            policy.look();
            assertThat(policy.current().policy().version()).isEqualTo("v2");
            assertThat(first.policy().version()).as("who asked before keeps what he got").isEqualTo("v1");
            assertThat(complaints).isEmpty();
        }
    }

    @Test
    void a_bad_file_changes_nothing_and_is_told_once() throws IOException {
        try (ReloadingPolicy policy = unwatched()) {
            put(Policies.changedText("usd-per-hour", "usd-per-our"));
            policy.look();
            policy.look();
            policy.look();
            assertThat(policy.current().policy().version()).isEqualTo("v1");
            assertThat(complaints).singleElement().asString()
                    .startsWith(file + ":6:5: unknown key models.local.usd-per-our; did you mean usd-per-hour?")
                    .endsWith("(policy v1 goes on to hold)")
                    .doesNotContain("\n");
            assertThat(policy.fault()).isPresent();

            put("version: [");
            policy.look();
            assertThat(complaints).hasSize(2);

            write("v3");
            policy.look();
            assertThat(policy.current().policy().version()).isEqualTo("v3");
            assertThat(policy.fault()).isEmpty();
            assertThat(complaints).hasSize(2);
        }
    }

    @Test
    void a_file_that_vanishes_changes_nothing() throws IOException {
        try (ReloadingPolicy policy = unwatched()) {
            Files.delete(file);
            policy.look();
            policy.look();
            assertThat(policy.current().policy().version()).isEqualTo("v1");
            assertThat(complaints).singleElement().asString().contains("does not exist");
            write("v4");
            policy.look();
            assertThat(policy.current().policy().version()).isEqualTo("v4");
        }
    }

    @Test
    void at_the_start_there_is_nothing_to_fall_back_on() throws IOException {
        put("version: x");
        assertThatThrownBy(this::unwatched).isInstanceOf(PolicyException.class).hasMessageContaining("is missing");
    }

    @Test
    void a_policy_whose_table_cannot_be_read_is_bad_too() throws IOException {
        try (ReloadingPolicy policy = unwatched()) {
            put(Policies.changedText("default-2", "v5\ncalibration: nowhere.json"));
            policy.look();
            assertThat(policy.current().policy().version()).isEqualTo("v1");
            assertThat(complaints).singleElement().asString().contains("nowhere.json").doesNotContain("\n");
        }
    }

    @Test
    @Timeout(60)
    void the_file_is_watched_until_it_is_closed() throws Exception {
        try (ReloadingPolicy policy = new ReloadingPolicy(file, Duration.ofMillis(5), complaints::add)) {
            write("v6");
            while (!policy.current().policy().version().equals("v6")) {
                Thread.onSpinWait();
                Thread.yield();
            }
        }
    }

    @Test
    @Timeout(60)
    void readers_on_many_threads_see_whole_policies_only() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(4);
        try (ReloadingPolicy policy = unwatched();
                ExecutorService readers = Executors.newFixedThreadPool(4)) {
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                futures.add(readers.submit(() -> {
                    reading.countDown();
                    while (!done.get()) {
                        Policy now = policy.current().policy();
                        // the version and the one budget are written together: they must be seen together
                        seen.add(now.version() + "=" + now.budgets().getFirst().limit());
                    }
                }));
            }
            assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();
            for (int i = 1; i <= 40; i++) {
                put(Policies.changedText("default-2", "v" + i, "limit: 5.00", "limit: " + i));
                policy.look();
                assertThat(policy.current().policy().version()).isEqualTo("v" + i);
                if (i % 5 == 0) {
                    put("broken: [");
                    policy.look();
                }
            }
            done.set(true);
            for (Future<?> future : futures) {
                future.get(30, TimeUnit.SECONDS);
            }
        }
        assertThat(seen).allSatisfy(pair -> {
            String[] parts = pair.substring(1).split("=");
            long limit = Long.parseLong(parts[1]);
            assertThat(limit == 5_000_000 && parts[0].equals("1") || limit == Long.parseLong(parts[0]) * 1_000_000)
                    .as(pair)
                    .isTrue();
        });
        assertThat(complaints).hasSize(8);
    }
}
