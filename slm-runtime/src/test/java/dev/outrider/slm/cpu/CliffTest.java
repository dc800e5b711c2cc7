package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import dev.outrider.slm.gguf.TensorType;

/**
 * A vector kernel that the compiler has not made vector instructions of is 10 to 180 times as slow, and right all the same. So every product
 * is timed against a plain loop over weights that are floats already; by processor time, in the same seconds.
 */
class CliffTest {

    /** Kernels take 2 (few bits, 8 floats a vector) to 20 times less than the loop; beyond a cliff they take more. */
    private static final double LEAST_RATIO = 1;

    private static final long PATIENCE_SECONDS = 30;

    private static final int ROWS = 32;
    private static final int COLUMNS = 2048;
    private static final int VECTORS = 8;

    @TempDir
    Path directory;

    @ParameterizedTest
    @FieldSource("dev.outrider.slm.gguf.RandomBlocks#TYPES")
    void products_take_less_than_a_plain_loop(TensorType type) throws Exception {
        TestMatrix matrix = TestMatrix.random(type, ROWS, COLUMNS, new Random(1));
        float[] x = new float[VECTORS * COLUMNS];
        float[] y = new float[VECTORS * ROWS];
        MatrixProduct product = new MatrixProduct();
        if (Warm.bytesPerCall(() -> product.multiply(matrix.matrix(), x, 1, y, 0, ROWS, false), 64, PATIENCE_SECONDS) > 64
                || Warm.bytesPerCall(() -> product.multiply(matrix.matrix(), x, VECTORS, y, 0, ROWS, false), 64, PATIENCE_SECONDS) > 64) {
            // a kernel that allocates has no speed to compare
            FreshVectors.assertThatOneAllocatesNothing(List.of(type), directory, 1, Lanes.COUNT);
            return;
        }
        double loop = Warm.nanosPerCall(() -> loop(matrix.values(), x, y), 100);
        double one = Warm.nanosPerCall(() -> product.multiply(matrix.matrix(), x, 1, y, 0, ROWS, false), 100);
        double several = Warm.nanosPerCall(() -> product.multiply(matrix.matrix(), x, VECTORS, y, 0, ROWS, false), 20);
        assertThat(loop / one).as("a plain loop over one vector of %s", type).isGreaterThan(LEAST_RATIO);
        assertThat(VECTORS * loop / several).as("a plain loop over %d vectors of %s", VECTORS, type).isGreaterThan(2 * LEAST_RATIO);
    }

    /** Float sums in a fixed order, which no compiler may turn into vectors. */
    private static void loop(float[] weights, float[] x, float[] y) {
        for (int row = 0; row < ROWS; row++) {
            float sum = 0;
            for (int c = 0; c < COLUMNS; c++) {
                sum += weights[row * COLUMNS + c] * x[c];
            }
            y[row] = sum;
        }
    }
}
