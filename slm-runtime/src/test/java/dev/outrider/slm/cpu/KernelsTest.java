package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

class KernelsTest {

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    private float[] gaussian(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void products_with_one_vector_and_with_many_are_those_of_plain_arithmetic() {
        for (int round = 0; round < 40; round++) {
            for (TensorType type : RandomBlocks.TYPES) {
                int columns = TestMatrix.columns(type, random);
                int rows = 1 + random.nextInt(70);
                int count = 1 + random.nextInt(9);
                TestMatrix matrix = TestMatrix.random(type, rows, columns, random);
                float[] x = gaussian(count * columns);
                boolean add = random.nextBoolean();
                float[] before = gaussian(count * rows);
                float[] one = before.clone();
                float[] many = before.clone();
                int split = random.nextInt(rows + 1);
                MatrixProduct product = new MatrixProduct();
                for (int v = 0; v < count; v++) {
                    float[] vector = Arrays.copyOfRange(x, v * columns, (v + 1) * columns);
                    float[] result = Arrays.copyOfRange(one, v * rows, (v + 1) * rows);
                    product.multiply(matrix.matrix(), vector, 1, result, 0, split, add);
                    product.multiply(matrix.matrix(), vector, 1, result, split, rows, add);
                    System.arraycopy(result, 0, one, v * rows, rows);
                }
                product.multiply(matrix.matrix(), x, count, many, 0, split, add);
                product.multiply(matrix.matrix(), x, count, many, split, rows, add);
                float[] expected = new float[count * rows];
                for (int i = 0; i < expected.length; i++) {
                    double sum = add ? before[i] : 0;
                    for (int c = 0; c < columns; c++) {
                        sum += (double) matrix.values()[i % rows * columns + c] * x[i / rows * columns + c];
                    }
                    expected[i] = (float) sum;
                }
                Offset<Float> tolerance = within(2e-6f * columns + 1e-5f);
                String what = type + " " + rows + " x " + columns + ", " + count + " vectors, seed " + seed;
                assertThat(one).as(what).containsExactly(expected, tolerance);
                assertThat(Arrays.mismatch(many, one)).as("first different bits of %s", what).isEqualTo(-1);
            }
        }
    }

    @Test
    void any_part_of_a_row_unpacks_to_the_values_that_it_stands_for() {
        for (int round = 0; round < 20; round++) {
            for (TensorType type : RandomBlocks.TYPES) {
                int columns = TestMatrix.columns(type, random);
                int rows = 1 + random.nextInt(5);
                TestMatrix matrix = TestMatrix.random(type, rows, columns, random);
                int row = random.nextInt(rows);
                int from = 256 * random.nextInt((columns + 255) / 256);
                int to = random.nextBoolean() ? columns : Math.min(columns, from + 256);
                float[] unpacked = unpack(matrix, row, from, to);
                for (int i = from; i < to; i++) {
                    // compared as numbers: a quant of zero may have either sign
                    assertThat(unpacked[i - from] == matrix.values()[row * columns + i])
                            .as("%s, row %d, column %d of %d to %d, seed %d", type, row, i, from, to, seed)
                            .isTrue();
                }
            }
        }
    }

    private static float[] unpack(TestMatrix matrix, int row, int from, int to) {
        MemorySegment out = Arena.ofAuto().allocate(4L * (to - from + 1));
        matrix.matrix().unpack(row, from, to, out, 4);
        return out.asSlice(4).toArray(ValueLayout.JAVA_FLOAT);
    }

    @Test
    void half_floats_are_widened_exactly() {
        TestMatrix matrix = TestMatrix.allHalfFloats();
        assertThat(unpack(matrix, 0, 0, matrix.values().length)).isEqualTo(matrix.values());
    }

    @Test
    void the_exponential_is_right_to_two_units_in_the_last_place() {
        float[] x = new float[1 << 16];
        for (int i = 0; i < x.length; i++) {
            x[i] = -87f + 175f * i / x.length;
        }
        for (int i = 0; i < x.length; i += Lanes.COUNT) {
            float[] y = Lanes.exp(FloatVector.fromArray(Lanes.FLOATS, x, i)).toArray();
            for (int j = 0; j < y.length; j++) {
                double exact = Math.exp(x[i + j]);
                assertThat((double) y[j]).isCloseTo(exact, within(2 * (double) Math.ulp((float) exact)));
            }
        }
    }

    @Test
    void the_exponential_of_extreme_values_stays_finite() {
        for (float x : new float[] {-1e30f, -200, -0f, 0, 89, 1e30f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
            float y = Lanes.exp(FloatVector.broadcast(Lanes.FLOATS, x)).lane(0);
            assertThat(y).as("exp(%s)", x).isFinite().isPositive();
        }
        assertThat(Lanes.exp(FloatVector.broadcast(Lanes.FLOATS, Float.NaN)).lane(0)).isNaN();
        assertThat(Lanes.silu(FloatVector.broadcast(Lanes.FLOATS, -1000f)).lane(0)).isCloseTo(0, within(1e-30f));
        assertThat(Lanes.silu(FloatVector.broadcast(Lanes.FLOATS, 1000f)).lane(0)).isEqualTo(1000f);
    }

    @Test
    void the_sum_of_lanes_is_the_same_in_compiled_code_as_at_first() {
        float[] values = gaussian(Lanes.COUNT);
        float first = Lanes.sum(FloatVector.fromArray(Lanes.FLOATS, values, 0));
        for (int i = 0; i < 50_000; i++) {
            assertThat(Lanes.sum(FloatVector.fromArray(Lanes.FLOATS, values, 0)) == first).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void softplus_is_exact_on_both_sides_of_twenty() {
        assertThat(CpuMixer.softplus(0)).isCloseTo((float) Math.log(2), within(1e-7f));
        assertThat(CpuMixer.softplus(-30)).isCloseTo((float) Math.exp(-30), within(1e-20f));
        assertThat(CpuMixer.softplus(19.999f)).isCloseTo(19.999f, within(1e-5f));
        assertThat(CpuMixer.softplus(20.001f)).isEqualTo(20.001f);
        assertThat(CpuMixer.softplus(1000)).isEqualTo(1000);
    }

    @Test
    void norms_and_activations_are_right_for_every_length() {
        for (int size = 1; size < 70; size++) {
            float[] x = gaussian(size);
            float[] weight = gaussian(size);
            float[] normed = new float[size];
            VectorKernels.rmsNorm(x, 0, weight, 0, size, 1e-5f, normed, 0);
            double squares = 0;
            for (float value : x) {
                squares += (double) value * value;
            }
            double scale = 1 / Math.sqrt(squares / size + 1e-5);
            float[] relu = x.clone();
            VectorKernels.squaredRelu(relu, 0, size);
            float[] gated = weight.clone();
            VectorKernels.gate(gated, 0, x, 0, size);
            float[] exponentials = x.clone();
            double sum = VectorKernels.exponentials(exponentials, 0, size);
            double largest = Double.NEGATIVE_INFINITY;
            for (float value : x) {
                largest = Math.max(largest, value);
            }
            double expectedSum = 0;
            for (int i = 0; i < size; i++) {
                String what = "size " + size + ", seed " + seed;
                assertThat(normed[i]).as(what).isCloseTo((float) (x[i] * scale * weight[i]), within(1e-5f));
                assertThat(relu[i]).as(what).isCloseTo(x[i] > 0 ? x[i] * x[i] : 0, within(1e-6f));
                assertThat(gated[i]).as(what).isCloseTo((float) (weight[i] * x[i] / (1 + Math.exp(-x[i]))), within(1e-5f));
                assertThat(exponentials[i]).as(what).isCloseTo((float) Math.exp(x[i] - largest), within(1e-6f));
                expectedSum += Math.exp(x[i] - largest);
            }
            assertThat(sum).isCloseTo(expectedSum, within(1e-4));
        }
    }
}
