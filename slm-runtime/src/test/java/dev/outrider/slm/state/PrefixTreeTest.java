package dev.outrider.slm.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;

class PrefixTreeTest {

    @TempDir
    static Path directory;

    private Gguf gguf;
    private CpuBackend backend;
    private LanguageModel model;

    @BeforeEach
    void load() {
        gguf = Gguf.open(Golden.copy("f32-2.gguf", directory));
        backend = new CpuBackend(1);
        model = Architectures.load(gguf, backend);
    }

    @AfterEach
    void close() {
        backend.close();
        gguf.close();
    }

    private Snapshot snapshot(int... tokens) {
        SequenceState state = model.newState(Math.max(1, tokens.length));
        SnapshotTest.read(model, state, tokens, tokens.length);
        return Snapshot.of(model, state, tokens);
    }

    private void put(PrefixTree tree, boolean preamble, int... tokens) {
        try (Snapshot snapshot = snapshot(tokens)) {
            tree.put(snapshot, preamble);
        }
    }

    private static int @Nullable [] found(PrefixTree tree, int... tokens) {
        try (Snapshot snapshot = tree.longest(tokens, tokens.length)) {
            return snapshot == null ? null : snapshot.tokens();
        }
    }

    /** The size of a snapshot of so many tokens. */
    private long size(int tokens) {
        try (Snapshot snapshot = snapshot(new int[tokens])) {
            return snapshot.bytes();
        }
    }

    @Test
    void the_longest_snapshot_that_a_prompt_begins_with_is_found() {
        PrefixTree tree = new PrefixTree(Long.MAX_VALUE);
        assertThat(found(tree, 1, 2, 3)).isNull();
        put(tree, false, 1, 2, 3, 4);
        put(tree, false, 1, 2);
        put(tree, false, 1, 2, 5);
        assertThat(found(tree, 1, 2, 3, 4, 9)).containsExactly(1, 2, 3, 4);
        assertThat(found(tree, 1, 2, 3, 4)).containsExactly(1, 2, 3, 4);
        assertThat(found(tree, 1, 2, 3)).containsExactly(1, 2);
        assertThat(found(tree, 1, 2, 5, 7)).containsExactly(1, 2, 5);
        assertThat(found(tree, 1)).isNull();
        assertThat(found(tree, 7, 1, 2)).isNull();
        try (Snapshot snapshot = tree.longest(new int[] {1, 2, 3, 4}, 3)) {
            assertThat(snapshot).isNotNull().extracting(Snapshot::position).isEqualTo(2);
        }
        assertThat(tree.stats().hits()).isEqualTo(5);
        assertThat(tree.stats().misses()).isEqualTo(3);
        assertThat(tree.stats().reusedTokens()).isEqualTo(4 + 4 + 2 + 3 + 2);
        tree.close();
        assertThat(tree.stats().bytes()).isZero();
        assertThat(found(tree, 1, 2, 3, 4)).isNull();
    }

    @Test
    void what_was_not_used_for_longest_goes_first_and_preambles_go_last() {
        PrefixTree tree = new PrefixTree(4 * size(3));
        put(tree, true, 9, 9, 9);
        put(tree, false, 1, 1, 1);
        put(tree, false, 2, 2, 2);
        put(tree, false, 3, 3, 3);
        assertThat(found(tree, 1, 1, 1)).isNotNull();
        put(tree, false, 4, 4, 4);
        assertThat(found(tree, 2, 2, 2)).isNull();
        assertThat(found(tree, 1, 1, 1)).isNotNull();
        for (int i = 10; i < 50; i++) {
            put(tree, false, i, i, i);
            assertThat(found(tree, i, i, i)).isNotNull();
        }
        assertThat(found(tree, 9, 9, 9)).isNotNull();
        assertThat(tree.stats().bytes()).isEqualTo(4 * size(3));
        assertThat(tree.stats().evictions()).isEqualTo(41);
    }

    @Test
    void preambles_take_no_more_than_half_of_the_memory() {
        PrefixTree tree = new PrefixTree(4 * size(3));
        for (int i = 0; i < 20; i++) {
            put(tree, true, i, i, i);
        }
        put(tree, false, 100, 100, 100);
        put(tree, false, 101, 101, 101);
        assertThat(found(tree, 100, 100, 100)).isNotNull();
        assertThat(found(tree, 101, 101, 101)).isNotNull();
        assertThat(found(tree, 19, 19, 19)).isNotNull();
        assertThat(found(tree, 18, 18, 18)).isNotNull();
        assertThat(found(tree, 17, 17, 17)).isNull();
    }

    @Test
    void what_is_larger_than_the_budget_is_not_kept_and_a_budget_of_nothing_keeps_nothing() {
        for (long budget : new long[] {0, size(3) - 1}) {
            PrefixTree tree = new PrefixTree(budget);
            put(tree, true, 1, 2, 3);
            assertThat(found(tree, 1, 2, 3)).isNull();
            assertThat(tree.stats().snapshots()).isZero();
        }
    }

    @Test
    void a_tree_agrees_with_a_list_of_what_was_put_in() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        PrefixTree tree = new PrefixTree(Long.MAX_VALUE);
        List<int[]> list = new ArrayList<>();
        for (int round = 0; round < 400; round++) {
            int[] tokens = random.ints(1 + random.nextInt(8), 0, 3).toArray();
            if (random.nextInt(3) == 0) {
                put(tree, random.nextBoolean(), tokens);
                list.add(tokens);
            }
            int[] expected = list.stream()
                    .filter(t -> t.length <= tokens.length && Arrays.equals(t, Arrays.copyOf(tokens, t.length)))
                    .max((a, b) -> Integer.compare(a.length, b.length))
                    .orElse(null);
            assertThat(found(tree, tokens)).as("seed %d, round %d", seed, round).isEqualTo(expected);
            assertThat(tree.contains(tokens, tokens.length))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(expected != null && expected.length == tokens.length);
        }
        tree.close();
    }

    @Test
    void many_threads_find_what_they_ask_for_or_nothing() throws Exception {
        long seed = new Random().nextLong();
        PrefixTree tree = new PrefixTree(5 * size(4));
        List<Snapshot> snapshots = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            snapshots.add(snapshot(i % 3, i % 4, i, i));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> done = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                Random random = new Random(seed + t);
                done.add(threads.submit(() -> {
                    for (int i = 0; i < 3_000; i++) {
                        Snapshot some = snapshots.get(random.nextInt(snapshots.size()));
                        if (random.nextBoolean()) {
                            tree.put(some, random.nextInt(4) == 0);
                        } else {
                            try (Snapshot hit = tree.longest(some.tokens(), 4)) {
                                if (hit != null) {
                                    assertThat(hit.tokens()).as("seed %d", seed).isEqualTo(some.tokens());
                                    assertThat(hit.data().byteSize()).isPositive();
                                }
                            }
                        }
                    }
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        }
        assertThat(tree.stats().bytes()).isLessThanOrEqualTo(5 * size(4));
        tree.close();
        snapshots.forEach(Snapshot::close);
    }
}
