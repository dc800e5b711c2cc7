package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;

/**
 * A vector that the compiler cannot keep in a register is allocated: kilobytes per row, and a tenth of the speed. Warm kernels
 * allocate next to nothing, so counting bytes shows such a fall without measuring time.
 */
class AllocationTest {

    /** A few lambdas and counters of the worker pool; one boxed vector in an inner loop is hundreds of times as much. */
    private static final double BYTES_PER_CALL = 600;

    private static final long PATIENCE_SECONDS = 20;

    @BeforeAll
    static void theCompilerKnowsWhatToInline() {
        assertThat(KernelInlining.arranged()).isTrue();
    }

    @TempDir
    Path directory;

    /** A product that goes on allocating here is given a chance in JVMs of its own. */
    private void assertThatTheyStopAllocating(TensorType type, Runnable oneVector, Runnable severalVectors) throws Exception {
        if (Warm.bytesPerCall(oneVector, BYTES_PER_CALL, PATIENCE_SECONDS) > BYTES_PER_CALL
                || Warm.bytesPerCall(severalVectors, BYTES_PER_CALL, PATIENCE_SECONDS) > BYTES_PER_CALL) {
            FreshVectors.assertThatOneAllocatesNothing(List.of(type), directory, 1, Lanes.COUNT);
        }
    }

    private static void assertThatItStopsAllocating(String what, Runnable kernel) {
        double bytes = Warm.bytesPerCall(kernel, BYTES_PER_CALL, PATIENCE_SECONDS);
        assertThat(bytes).as("bytes per call of %s", what).isLessThanOrEqualTo(BYTES_PER_CALL);
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.slm.gguf.RandomBlocks#TYPES")
    void matrix_products(TensorType type) throws Exception {
        CpuMatrix matrix = TestMatrix.random(type, 33, 256, new Random(1)).matrix();
        float[] x = new float[5 * 256];
        float[] y = new float[5 * 33];
        MatrixProduct product = new MatrixProduct();
        assertThatTheyStopAllocating(
                type, () -> product.multiply(matrix, x, 1, y, 0, 33, true), () -> product.multiply(matrix, x, 5, y, 0, 33, false));
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.slm.gguf.RandomBlocks#TYPES")
    void matrix_products_of_several_blocks_of_columns(TensorType type) throws Exception {
        CpuMatrix matrix = TestMatrix.random(type, 9, 1280, new Random(1)).matrix();
        float[] x = new float[5 * 1280];
        float[] y = new float[5 * 9];
        MatrixProduct product = new MatrixProduct();
        assertThatTheyStopAllocating(
                type, () -> product.multiply(matrix, x, 1, y, 0, 9, false), () -> product.multiply(matrix, x, 5, y, 0, 9, false));
    }

    @Test
    void norm_and_activation() {
        float[] x = new float[259];
        assertThatItStopsAllocating("norm", () -> VectorKernels.rmsNorm(x, 0, x, 0, x.length, 1e-5f, x, 0));
        assertThatItStopsAllocating("squared ReLU", () -> VectorKernels.squaredRelu(x, 0, x.length));
    }

    @Test
    void selective_state_space_step() {
        MambaShape shape = new MambaShape(4, 40, 16, 2, 4);
        float[] heads = new float[shape.heads()];
        MambaWeights weights = new MambaWeights(
                new float[shape.convolved() * shape.kernel()],
                new float[shape.convolved()],
                heads,
                heads,
                heads,
                new float[shape.inner()],
                1e-5f);
        try (CpuBackend backend = new CpuBackend(1)) {
            Backend.Mixer mixer = backend.mixer(shape, weights);
            Backend.Rows projected = backend.rows(1, shape.projected());
            Backend.Rows out = backend.rows(1, shape.inner());
            Backend.RecurrentState state = backend.recurrentState(shape);
            Segments one = Segments.of(1);
            List<Backend.RecurrentState> states = List.of(state);
            assertThatItStopsAllocating("mixer", () -> backend.mix(mixer, projected, one, states, out));
        }
    }

    @Test
    void attention_of_one_query() {
        AttentionShape shape = new AttentionShape(4, 2, 48, 48);
        CpuKeyValues cache = new CpuKeyValues(shape, 1000);
        float[] queries = new float[4 * 48];
        cache.append(new float[100 * 2 * 48], new float[100 * 2 * 48], 0, 100);
        float[] scores = new float[128];
        float[] out = new float[4 * 48];
        assertThatItStopsAllocating(
                "attention",
                () -> AttentionKernel.attend(shape, queries, 0, cache.keys(0), cache.values(0), 100, scores, out, 0));
    }
}
