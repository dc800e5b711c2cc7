package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {

    private static final long MUCH = 1 << 20;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void every_unit_is_done_exactly_once_in_chunks_that_start_at_multiples(int threads) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (WorkerPool pool = new WorkerPool(threads)) {
            for (int round = 0; round < 2_000; round++) {
                int units = random.nextInt(200);
                int multiple = 1 + random.nextInt(20);
                AtomicIntegerArray done = new AtomicIntegerArray(units);
                pool.run(units, multiple, random.nextBoolean() ? MUCH : 1, (from, to, worker) -> {
                    assertThat(from % multiple).as("seed %d", seed).isZero();
                    assertThat(worker).as("seed %d", seed).isBetween(0, threads - 1);
                    for (int i = from; i < to; i++) {
                        done.incrementAndGet(i);
                    }
                });
                for (int i = 0; i < units; i++) {
                    assertThat(done.get(i)).as("seed %d, unit %d of %d", seed, i, units).isEqualTo(1);
                }
                if (round % 500 == 0) {
                    LockSupport.parkNanos(2_000_000); // long enough for the workers to park
                }
            }
        }
    }

    @Test
    void a_failure_in_any_thread_reaches_the_caller_and_the_pool_lives_on() {
        try (WorkerPool pool = new WorkerPool(3)) {
            for (int round = 0; round < 100; round++) {
                int bad = round;
                assertThatIllegalStateException()
                        .isThrownBy(() -> pool.run(100, 1, MUCH, (from, to, worker) -> {
                            if (from <= bad && bad < to) {
                                throw new ArithmeticException("unit " + bad);
                            }
                        }))
                        .withRootCauseInstanceOf(ArithmeticException.class);
            }
            boolean[] ran = new boolean[1];
            pool.run(1, 1, 1, (from, to, worker) -> ran[0] = true);
            assertThat(ran[0]).isTrue();
        }
    }
}
