package dev.outrider.slm.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.cuda.kernels.KernelLibrary.Size;

class RowKernelsTest {

    private static KernelLibrary kernels;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeAll
    static void compile() {
        kernels = KernelLibrary.load();
    }

    @Test
    void rows_are_normed_by_their_root_mean_square() {
        for (int round = 0; round < 5; round++) {
            int width = 1 + random.nextInt(1500);
            int rows = 1 + random.nextInt(4);
            float[] x = Memory.gaussian(random, rows * width);
            float[] weight = Memory.gaussian(random, width);
            MemorySegment out = Memory.floats((long) rows * width);
            kernels.launch("rms_norm", Size.of(rows), 256, 0, Memory.of(x), Memory.of(weight), width, 1e-5f, out);
            close(Memory.floats(out), Reference.norm(x, rows, width, 1, weight, 1e-5), "width " + width);
        }
    }

    @Test
    void the_gate_comes_before_the_norm_of_each_group() {
        for (int round = 0; round < 5; round++) {
            int groups = 1 + random.nextInt(8);
            int width = groups * (1 + random.nextInt(400));
            int rows = 1 + random.nextInt(3);
            int stride = width + random.nextInt(50);
            float[] y = Memory.gaussian(random, rows * width);
            float[] z = Memory.gaussian(random, rows * stride);
            float[] weight = Memory.gaussian(random, width);
            boolean gated = round > 0;
            MemorySegment out = round == 1 ? Memory.of(y) : Memory.floats((long) rows * width);
            kernels.launch(
                    "gated_norm",
                    Size.of(groups, rows),
                    256,
                    0,
                    round == 1 ? out : Memory.of(y),
                    gated ? Memory.of(z) : MemorySegment.NULL,
                    stride,
                    Memory.of(weight),
                    width,
                    groups,
                    1e-5f,
                    out);
            float[] u = y.clone();
            for (int i = 0; gated && i < u.length; i++) {
                u[i] *= (float) Reference.silu(z[i / width * stride + i % width]);
            }
            close(Memory.floats(out), Reference.norm(u, rows, width, groups, weight, 1e-5), groups + " groups of " + width / groups);
        }
    }

    @Test
    void activations_are_cut_off_at_zero_and_squared() {
        int count = 1 + random.nextInt(3000);
        float[] x = Memory.gaussian(random, count);
        MemorySegment values = Memory.of(x);
        kernels.launch("relu2", Size.of(Math.ceilDiv(count, 1024)), 256, 0, values, count);
        for (int i = 0; i < count; i++) {
            x[i] = x[i] > 0 ? x[i] * x[i] : 0;
        }
        assertThat(Memory.floats(values)).as("seed %d", seed).isEqualTo(x);
    }

    @Test
    void rows_are_gathered_by_number() {
        int width = 1 + random.nextInt(700);
        float[] x = Memory.gaussian(random, 9 * width);
        int[] index = random.ints(5, 0, 9).toArray();
        MemorySegment to = Memory.floats(5L * width);
        kernels.launch("gather_rows", Size.of(5), 256, 0, Memory.of(x), Memory.of(index), width, to);
        float[] expected = new float[5 * width];
        for (int i = 0; i < 5; i++) {
            System.arraycopy(x, index[i] * width, expected, i * width, width);
        }
        assertThat(Memory.floats(to)).as("seed %d", seed).isEqualTo(expected);
    }

    private void close(float[] actual, double[] expected, String what) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i])
                    .as("%s, value %d, seed %d", what, i, seed)
                    .isCloseTo(expected[i], within(1e-5 * (1 + Math.abs(expected[i]))));
        }
    }
}
