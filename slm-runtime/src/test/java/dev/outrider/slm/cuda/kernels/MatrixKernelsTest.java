package dev.outrider.slm.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.cuda.kernels.KernelLibrary.Size;
import dev.outrider.slm.gguf.TensorType;

class MatrixKernelsTest {

    private static KernelLibrary kernels;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeAll
    static void compile() {
        kernels = KernelLibrary.load();
    }

    @Test
    void the_probe_of_the_matrix_rate_does_all_its_products() {
        int blocks = 1 + random.nextInt(3);
        int rounds = random.nextInt(6);
        MemorySegment out = Memory.floats(blocks * 256L);
        kernels.launch("matrix_rate", Size.of(blocks), 256, 0, rounds, out);
        for (float sum : Memory.floats(out)) {
            assertThat(sum).as("seed %d", seed).isEqualTo(112 + 512f * rounds);
        }
    }

    @Test
    void embeddings_are_the_stored_values_to_the_last_bit() {
        for (TensorType type : Weights.TYPES) {
            int columns = Weights.columns(type, 1 + random.nextInt(600));
            int rows = 1 + random.nextInt(60);
            Weights table = Weights.random(kernels, type, rows, columns, random);
            int[] tokens = random.ints(3, 0, rows).toArray();
            MemorySegment out = Memory.floats(3L * columns);
            kernels.launch(
                    Weights.kernel("embed_", type), Size.of(3), 128, 0, table.memory(), rows, columns, Memory.of(tokens), out);
            float[] expected = new float[3 * columns];
            for (int i = 0; i < 3; i++) {
                System.arraycopy(table.values(), tokens[i] * columns, expected, i * columns, columns);
            }
            assertThat(Memory.floats(out)).as("%s %d x %d, seed %d", type, rows, columns, seed).isEqualTo(expected);
        }
    }

    @Test
    void products_of_few_rows_are_those_of_plain_arithmetic() {
        for (TensorType type : Weights.TYPES) {
            for (int round = 0; round < 3; round++) {
                int columns = Weights.columns(type, 1 + random.nextInt(700));
                int count = 1 + random.nextInt(4);
                int terms = 1 + random.nextInt(count <= 2 ? 3 : 2);
                int parts = 1 + random.nextInt(3);
                gemv(type, columns, count, terms, parts, random.nextInt(3), round == 0 ? 0 : round == 1 ? 1 : 4);
            }
        }
    }

    @Test
    void a_row_is_normed_in_groups_on_the_way() {
        gemv(TensorType.Q8_0, 960, 2, 3, 1, 1, 8);
    }

    private void gemv(TensorType type, int columns, int count, int terms, int parts, int epilogue, int wantedGroups) {
        int groups = wantedGroups > 1 && columns % wantedGroups != 0 ? 1 : wantedGroups;
        float[] x = Memory.gaussian(random, count * columns);
        float[] norm = Memory.gaussian(random, columns);
        List<Weights> weights = new ArrayList<>();
        MemorySegment[] out = new MemorySegment[3];
        float[][] before = new float[3][];
        int tiles = 0;
        for (int i = 0; i < 3; i++) {
            int rows = i < parts ? 1 + random.nextInt(50) : 0;
            if (i < parts) {
                weights.add(Weights.random(kernels, type, rows, columns, random));
            }
            before[i] = Memory.gaussian(random, count * rows);
            out[i] = i < parts ? Memory.of(before[i]) : MemorySegment.NULL;
            tiles += Math.ceilDiv(rows, 16);
        }
        int blocks32 = Math.ceilDiv(Math.ceilDiv(columns, 32), 4) * 4;
        int shared = blocks32 * count * terms * 68 + count * groups * 4 + 9280;
        int grid = 1 + random.nextInt(tiles);
        kernels.launch(
                Weights.kernel("gemv_", type),
                Size.of(grid),
                256,
                shared,
                memory(weights, 0),
                rows(weights, 0),
                out[0],
                memory(weights, 1),
                rows(weights, 1),
                out[1],
                memory(weights, 2),
                rows(weights, 2),
                out[2],
                Memory.of(x),
                count,
                columns,
                terms,
                groups == 0 ? MemorySegment.NULL : Memory.of(norm),
                groups,
                1e-5f,
                epilogue);
        double[] input = groups == 0 ? doubles(x) : Reference.norm(x, count, columns, groups, norm, 1e-5);
        for (int i = 0; i < parts; i++) {
            String what = "%s %d x %d, %d rows, %d terms, part %d, grid %d, epilogue %d, groups %d, seed %d"
                    .formatted(type, rows(weights, i), columns, count, terms, i, grid, epilogue, groups, seed);
            check(what, Memory.floats(out[i]), weights.get(i), input, count, before[i], epilogue, terms);
        }
    }

    @Test
    void products_of_many_rows_are_those_of_plain_arithmetic() {
        for (TensorType type : Weights.TYPES) {
            for (int most : new int[] {64, 128}) {
                gemm(type, most, Weights.columns(type, 1 + random.nextInt(700)), 1 + random.nextInt(50), 1 + random.nextInt(2));
            }
        }
        gemm(TensorType.Q5_0, 128, 320, 140, 1);
        gemm(TensorType.F32, 64, 200, 30, 3);
    }

    private void gemm(TensorType type, int most, int columns, int count, int terms) {
        int rows = 1 + random.nextInt(300);
        int epilogue = random.nextInt(3);
        int groups = random.nextInt(2);
        int squared = random.nextInt(2);
        Weights weights = Weights.random(kernels, type, rows, columns, random);
        float[] x = Memory.gaussian(random, count * columns);
        float[] norm = Memory.gaussian(random, columns);
        float[] before = Memory.gaussian(random, count * rows);
        int tile = Math.min(most, Math.ceilDiv(count * terms, 8) * 8);
        int perTile = tile / terms;
        int tiles = Math.ceilDiv(count, perTile);
        int blocks32 = Math.ceilDiv(Math.ceilDiv(columns, 32), 8) * 8;
        int outputs = most == 64 ? 128 : 256;
        int splits = 1 + random.nextInt(4);
        MemorySegment split = Memory.bytes((long) tiles * blocks32 * tile * 64);
        MemorySegment sums = Memory.floats((long) tiles * blocks32 * tile);
        MemorySegment out = Memory.of(before);
        kernels.launch(
                "split_rows",
                Size.of(count),
                256,
                groups * 4,
                Memory.of(x),
                count,
                columns,
                tile,
                terms,
                groups == 0 ? MemorySegment.NULL : Memory.of(norm),
                groups,
                1e-5f,
                squared,
                split,
                sums);
        MemorySegment counters = Memory.zeros((long) Math.ceilDiv(rows, outputs) * tiles);
        kernels.launch(
                Weights.kernel("gemm_", type) + "_" + most,
                new Size(Math.ceilDiv(rows, outputs), splits, tiles),
                256,
                69632,
                weights.memory(),
                rows,
                columns,
                split,
                sums,
                count,
                tile,
                terms,
                out,
                epilogue,
                Memory.floats((long) splits * count * rows),
                counters);
        double[] input = groups == 0 ? doubles(x) : Reference.norm(x, count, columns, 1, norm, 1e-5);
        if (squared == 1) {
            input = Arrays.stream(input).map(v -> Math.max(v, 0) * Math.max(v, 0)).toArray();
        }
        String what = "%s_%d %d x %d, %d rows, tile %d, %d terms, %d splits, epilogue %d, groups %d, squared %d, seed %d"
                .formatted(type, most, rows, columns, count, tile, terms, splits, epilogue, groups, squared, seed);
        check(what, Memory.floats(out), weights, input, count, before, epilogue, terms);
        assertThat(Memory.floats(counters)).as(what).containsOnly(0f);
    }

    /** The largest error allowed goes with the bits that the terms keep of the activations, and the size of the sum's parts. */
    private static void check(
            String what, float[] out, Weights weights, double[] x, int count, float[] before, int epilogue, int terms) {
        double[] expected = weights.product(x, count);
        double unit = terms == 1 ? 0x1p-9 : terms == 2 ? 0x1p-17 : 0x1p-22;
        for (int i = 0; i < expected.length; i++) {
            double squares = 0;
            int row = i % weights.rows();
            int at = i / weights.rows() * weights.columns();
            for (int c = 0; c < weights.columns(); c++) {
                double part = x[at + c] * weights.values()[row * weights.columns() + c];
                squares += part * part;
            }
            double error = 5 * unit * Math.sqrt(squares) + 2e-6 * (1 + Math.sqrt(squares));
            double value = expected[i];
            if (epilogue == 1) {
                value += before[i];
            } else if (epilogue == 2) {
                error *= 2 * (Math.abs(value) + error);
                value = Math.max(value, 0) * Math.max(value, 0);
            }
            assertThat((double) out[i]).as("%s, value %d", what, i).isCloseTo(value, within(error + 1e-6));
        }
    }

    private static double[] doubles(float[] x) {
        double[] out = new double[x.length];
        Arrays.setAll(out, i -> x[i]);
        return out;
    }

    private static MemorySegment memory(List<Weights> parts, int i) {
        return i < parts.size() ? parts.get(i).memory() : MemorySegment.NULL;
    }

    private static int rows(List<Weights> parts, int i) {
        return i < parts.size() ? parts.get(i).rows() : 0;
    }
}
