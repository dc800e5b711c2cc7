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
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;

/** A Mamba-2 mixer by every path of the kernels, against the processor's mixer, over prompts in pieces and single positions. */
class MixerKernelsTest {

    private static KernelLibrary kernels;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeAll
    static void compile() {
        kernels = KernelLibrary.load();
    }

    private enum Path {
        STEPS,
        SCAN,
        CHUNKS
    }

    /** One layer with its weights, as the kernels want them and as the processor does. */
    private final class Layer {
        final MambaShape shape;
        final MambaWeights weights;
        final MemorySegment taps;
        final MemorySegment bias;
        final MemorySegment stepBias;
        final MemorySegment a;
        final MemorySegment d;
        final MemorySegment norm;

        Layer(MambaShape shape) {
            this.shape = shape;
            float[] decays = new float[shape.heads()];
            float[] steps = new float[shape.heads()];
            for (int h = 0; h < shape.heads(); h++) {
                decays[h] = -1 - 15 * random.nextFloat();
                steps[h] = -4 * random.nextFloat();
            }
            float[] convolution = Memory.gaussian(random, shape.convolved() * shape.kernel());
            for (int i = 0; i < convolution.length; i++) {
                convolution[i] *= 0.5f;
            }
            weights = new MambaWeights(
                    convolution,
                    Memory.gaussian(random, shape.convolved()),
                    steps,
                    decays,
                    Memory.gaussian(random, shape.heads()),
                    Memory.gaussian(random, shape.inner()),
                    1e-5f);
            taps = Memory.of(weights.convolution());
            bias = Memory.of(weights.convolutionBias());
            stepBias = Memory.of(steps);
            a = Memory.of(decays);
            d = Memory.of(weights.d());
            norm = Memory.of(weights.norm());
        }
    }

    /** What several sequences remember. */
    private static final class States {
        final Table convolution;
        final Table recurrent;
        final int[] positions;

        States(MambaShape shape, int sequences) {
            List<MemorySegment> convolutions = new ArrayList<>();
            List<MemorySegment> recurrents = new ArrayList<>();
            for (int i = 0; i < sequences; i++) {
                convolutions.add(Memory.zeros((long) shape.kernel() * shape.convolved()));
                recurrents.add(Memory.zeros((long) shape.inner() * shape.stateSize()));
            }
            convolution = new Table(convolutions);
            recurrent = new Table(recurrents);
            positions = new int[sequences];
        }
    }

    private MambaShape randomShape() {
        int groups = 1 + random.nextInt(3);
        int[] stateSizes = {16, 32, 10, 64, 128, 132};
        return new MambaShape(
                groups * (1 + random.nextInt(3)),
                1 + random.nextInt(90),
                stateSizes[random.nextInt(stateSizes.length)],
                groups,
                2 + random.nextInt(4));
    }

    @Test
    void single_positions_of_several_sequences_are_mixed_as_on_the_processor() {
        for (int round = 0; round < 3; round++) {
            run(randomShape(), new int[][] {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}}, _ -> Path.STEPS);
        }
    }

    @Test
    void prompts_are_mixed_as_on_the_processor_one_position_after_the_other() {
        run(randomShape(), new int[][] {{3, 40}, {1, 2}, {33, 1}}, _ -> Path.SCAN);
    }

    @Test
    void prompts_are_mixed_as_on_the_processor_in_chunks() {
        run(randomShape(), new int[][] {{70, 5}, {64, 130}, {1, 63}}, _ -> Path.CHUNKS);
        run(new MambaShape(3, 80, 128, 1, 4), new int[][] {{100}, {30}}, _ -> Path.CHUNKS);
    }

    @Test
    void prompts_and_single_positions_follow_each_other_without_a_seam() {
        run(randomShape(), new int[][] {{2, 1}, {1, 1}, {37, 9}, {1, 1}, {1, 1}, {66, 1}, {1, 1}}, step -> switch (step % 3) {
            case 1 -> Path.STEPS;
            case 2 -> Path.CHUNKS;
            default -> Path.SCAN;
        });
    }

    private void run(MambaShape shape, int[][] counts, java.util.function.IntFunction<Path> path) {
        Layer layer = new Layer(shape);
        int sequences = counts[0].length;
        States states = new States(shape, sequences);
        try (CpuTwin cpu = new CpuTwin()) {
            Backend.Mixer mixer = cpu.backend.mixer(shape, layer.weights);
            List<Backend.RecurrentState> twins = new ArrayList<>();
            for (int i = 0; i < sequences; i++) {
                twins.add(cpu.backend.recurrentState(shape));
            }
            for (int step = 0; step < counts.length; step++) {
                Segments segments = Segments.of(counts[step]);
                boolean single = Arrays.stream(counts[step]).allMatch(count -> count == 1);
                Path taken = single ? path.apply(step) : path.apply(step) == Path.STEPS ? Path.SCAN : path.apply(step);
                float[] projected = Memory.gaussian(random, segments.rows() * shape.projected());
                Backend.Rows out = cpu.backend.rows(segments.rows(), shape.inner());
                cpu.backend.mix(mixer, cpu.rows(projected, shape.projected()), segments, twins, out);
                float[] expected = cpu.read(out, segments.rows(), shape.inner());
                float[] actual = mix(layer, taken, projected, segments, states);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(actual[i])
                            .as("%s, %s, step %d, row %d, channel %d, seed %d", shape, taken, step, i / shape.inner(), i % shape.inner(), seed)
                            .isCloseTo(expected[i], within(2e-4f * (1 + Math.abs(expected[i]))));
                }
            }
        }
    }

    private float[] mix(Layer layer, Path path, float[] projected, Segments segments, States states) {
        MambaShape s = layer.shape;
        MemorySegment in = Memory.of(projected);
        MemorySegment mixed = Memory.floats((long) segments.rows() * s.inner());
        MemorySegment position = Memory.of(states.positions);
        if (path == Path.STEPS) {
            int parts = 1 + random.nextInt(3);
            kernels.launch(
                    "ssm_step", Size.of(s.heads() * parts, segments.sequences()), 256, (s.headSize() + 2L * s.stateSize()) * 4,
                    in, layer.taps, layer.bias, layer.stepBias, layer.a, layer.d, position, states.convolution, states.recurrent, mixed,
                    s.heads(), s.headSize(), s.stateSize(), s.groups(), s.kernel(), parts);
        } else {
            MemorySegment convolved = convolve(layer, in, segments, states, position);
            if (path == Path.SCAN) {
                kernels.launch(
                        "ssm_scan", Size.of(s.heads(), segments.sequences()), 256, (s.headSize() + 2L * s.stateSize()) * 4,
                        in, convolved, starts(segments), layer.stepBias, layer.a, layer.d, states.recurrent, mixed,
                        s.heads(), s.headSize(), s.stateSize(), s.groups());
            } else {
                for (int i = 0; i < segments.sequences(); i++) {
                    chunks(layer, in, convolved, segments.start(i), segments.count(i), states.recurrent.get(i), mixed);
                }
            }
        }
        for (int i = 0; i < states.positions.length; i++) {
            states.positions[i] += segments.count(i);
        }
        MemorySegment out = Memory.floats((long) segments.rows() * s.inner());
        kernels.launch(
                "gated_norm", Size.of(s.groups(), segments.rows()), 256, 0,
                mixed, MemorySegment.NULL, 0, layer.norm, s.inner(), s.groups(), layer.weights.epsilon(), out);
        return Memory.floats(out);
    }

    private MemorySegment convolve(Layer layer, MemorySegment in, Segments segments, States states, MemorySegment position) {
        MambaShape s = layer.shape;
        MemorySegment convolved = Memory.floats((long) segments.rows() * s.convolved());
        int longest = 0;
        for (int i = 0; i < segments.sequences(); i++) {
            longest = Math.max(longest, segments.count(i));
        }
        kernels.launch(
                "conv1d_chunk", new Size(Math.ceilDiv(s.convolved(), 128), Math.ceilDiv(longest, 32), segments.sequences()), 128, 0,
                in, starts(segments), position, layer.taps, layer.bias, states.convolution, convolved,
                s.heads(), s.headSize(), s.stateSize(), s.groups(), s.kernel());
        return convolved;
    }

    private void chunks(
            Layer layer, MemorySegment in, MemorySegment convolved, int first, int rows, MemorySegment state, MemorySegment mixed) {
        MambaShape s = layer.shape;
        int chunks = Math.ceilDiv(rows, 64);
        MemorySegment dt = Memory.floats((long) s.heads() * chunks * 64);
        MemorySegment decay = Memory.floats((long) s.heads() * chunks * 64);
        MemorySegment scores = Memory.floats((long) chunks * s.groups() * 64 * 64);
        MemorySegment states = Memory.floats((long) chunks * s.inner() * s.stateSize());
        Size perHead = Size.of(s.heads(), chunks);
        kernels.launch(
                "ssd_chunk_cumsum", perHead, 64, 0,
                in, first, rows, layer.stepBias, layer.a, dt, decay, s.heads(), s.headSize(), s.stateSize(), s.groups());
        kernels.launch(
                "ssd_chunk_scores", Size.of(s.groups(), chunks), 256, 0,
                convolved, first, rows, scores, s.heads(), s.headSize(), s.stateSize(), s.groups());
        kernels.launch(
                "ssd_chunk_state", perHead, 256, 0,
                convolved, first, rows, dt, decay, states, s.heads(), s.headSize(), s.stateSize(), s.groups());
        kernels.launch(
                "ssd_carry", Size.of(Math.ceilDiv(s.inner() * s.stateSize(), 256)), 256, 0,
                decay, states, state, rows, s.heads(), s.headSize(), s.stateSize());
        kernels.launch(
                "ssd_chunk_out", perHead, 256, 0,
                in, convolved, first, rows, dt, decay, scores, states, layer.d, mixed,
                s.heads(), s.headSize(), s.stateSize(), s.groups());
    }

    private static MemorySegment starts(Segments segments) {
        int[] starts = new int[segments.sequences() + 1];
        for (int i = 0; i <= segments.sequences(); i++) {
            starts[i] = segments.start(i);
        }
        return Memory.of(starts);
    }
}
