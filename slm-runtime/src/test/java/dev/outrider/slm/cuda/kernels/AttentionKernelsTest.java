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
import dev.outrider.slm.cuda.kernels.KernelLibrary.Table;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.Segments;

class AttentionKernelsTest {

    private static final int CAPACITY = 200;

    private static KernelLibrary kernels;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeAll
    static void compile() {
        kernels = KernelLibrary.load();
    }

    @Test
    void prompts_and_single_positions_attend_as_on_the_processor_with_a_float_cache() {
        for (int round = 0; round < 3; round++) {
            run(randomShape(), "f32", 2e-5f);
        }
        run(new AttentionShape(10, 2, 128, 128), "f32", 2e-5f);
    }

    @Test
    void a_half_cache_costs_no_more_than_its_rounding() {
        run(randomShape(), "f16", 4e-3f);
        run(new AttentionShape(5, 1, 128, 64), "f16", 4e-3f);
    }

    private AttentionShape randomShape() {
        int[] sizes = {10, 16, 24, 32, 64, 128};
        int keyHeads = 1 + random.nextInt(3);
        return new AttentionShape(
                keyHeads * (1 + random.nextInt(8)), keyHeads, sizes[random.nextInt(6)], sizes[random.nextInt(6)]);
    }

    private void run(AttentionShape shape, String cache, float tolerance) {
        int bytes = cache.equals("f16") ? 2 : 4;
        int[][] steps = {{1 + random.nextInt(40), 1 + random.nextInt(20)}, {1, 1}, {1, 1}, {1 + random.nextInt(60), 1}, {1, 1}};
        int sequences = 2;
        int[] positions = new int[sequences];
        List<MemorySegment> keys = new ArrayList<>();
        List<MemorySegment> values = new ArrayList<>();
        try (CpuTwin cpu = new CpuTwin()) {
            List<Backend.KeyValues> twins = new ArrayList<>();
            for (int i = 0; i < sequences; i++) {
                keys.add(Memory.bytes((long) CAPACITY * shape.keyHeads() * shape.keySize() * bytes));
                values.add(Memory.bytes((long) CAPACITY * shape.keyHeads() * shape.valueSize() * bytes));
                twins.add(cpu.backend.keyValues(shape, CAPACITY));
            }
            Table keyTable = new Table(keys);
            Table valueTable = new Table(values);
            for (int[] counts : steps) {
                Segments segments = Segments.of(counts);
                int rows = segments.rows();
                int keyWidth = shape.keyHeads() * shape.keySize();
                int valueWidth = shape.keyHeads() * shape.valueSize();
                float[] q = Memory.gaussian(random, rows * shape.heads() * shape.keySize());
                float[] k = Memory.gaussian(random, rows * keyWidth);
                float[] v = Memory.gaussian(random, rows * valueWidth);
                int width = shape.heads() * shape.valueSize();
                Backend.Rows attended = cpu.backend.rows(rows, width);
                cpu.backend.attend(
                        shape,
                        cpu.rows(q, shape.heads() * shape.keySize()),
                        cpu.rows(k, keyWidth),
                        cpu.rows(v, valueWidth),
                        segments,
                        twins,
                        attended);
                MemorySegment out = Memory.floats((long) rows * width);
                MemorySegment position = Memory.of(positions);
                if (Arrays.stream(counts).allMatch(count -> count == 1)) {
                    int splits = 1 + random.nextInt(6);
                    MemorySegment partial = Memory.floats((long) sequences * shape.heads() * splits * (shape.valueSize() + 2));
                    kernels.launch(
                            "attend_decode_" + cache, new Size(shape.keyHeads(), splits, sequences), 128, 0,
                            Memory.of(q), Memory.of(k), Memory.of(v), position, keyTable, valueTable, partial,
                            shape.heads(), shape.keyHeads(), shape.keySize(), shape.valueSize(), splits);
                    kernels.launch(
                            "attend_combine", Size.of(shape.heads(), sequences), 128, 0,
                            partial, out, shape.heads(), shape.valueSize(), splits);
                } else {
                    MemorySegment starts = Memory.of(0, counts[0], counts[0] + counts[1]);
                    kernels.launch(
                            "kv_append_" + cache, Size.of(rows), 128, 0,
                            Memory.of(k), Memory.of(v), starts, position, keyTable, valueTable, sequences, keyWidth, valueWidth);
                    kernels.launch(
                            "attend_prefill_" + cache,
                            new Size(Math.ceilDiv(Math.max(counts[0], counts[1]), 32), shape.heads(), sequences), 128, 0,
                            Memory.of(q), starts, position, keyTable, valueTable, out,
                            shape.heads(), shape.keyHeads(), shape.keySize(), shape.valueSize());
                }
                for (int i = 0; i < sequences; i++) {
                    positions[i] += counts[i];
                }
                float[] expected = cpu.read(attended, rows, width);
                float[] actual = Memory.floats(out);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(actual[i])
                            .as("%s, %s, rows %s, value %d, seed %d", shape, cache, Arrays.toString(counts), i, seed)
                            .isCloseTo(expected[i], within(tolerance));
                }
            }
        }
    }
}
