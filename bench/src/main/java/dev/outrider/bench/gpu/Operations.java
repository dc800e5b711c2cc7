package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.cuda.CudaBackend;
import dev.outrider.slm.cuda.CudaOptions;
import dev.outrider.slm.cuda.Gpus;
import dev.outrider.slm.gguf.Dequantize;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;
import dev.outrider.slm.model.TokenChoice;

/** Every operation of the GPU, and with them every kernel, against the processor's. */
final class Operations {

    private static final double TOLERANCE = 1e-3;
    private static final TensorType[] TYPES = {
        TensorType.F32,
        TensorType.F16,
        TensorType.BF16,
        TensorType.Q8_0,
        TensorType.Q5_0,
        TensorType.Q5_1,
        TensorType.Q4_0,
        TensorType.Q4_1,
        TensorType.Q4_K,
        TensorType.Q5_K,
        TensorType.Q6_K
    };

    private final ArrayNode results;
    private final Random random;
    private final boolean quick;
    private final Backend processor = new CpuBackend(Runtime.getRuntime().availableProcessors());
    private final CudaBackend gpu;
    private boolean agree = true;

    private Operations(ArrayNode results, boolean quick, Random random) {
        this.results = results;
        this.quick = quick;
        this.random = random;
        gpu = Gpus.open(0, CudaOptions.exact());
    }

    /** Compares all; true when all agree. */
    static boolean compare(ArrayNode results, boolean quick, Random random) {
        Operations operations = new Operations(results, quick, random);
        try (Backend _ = operations.processor;
                CudaBackend _ = operations.gpu) {
            operations.products();
            operations.norms();
            operations.mixers();
            operations.attention();
            operations.choices();
            return operations.agree;
        }
    }

    private interface On {
        float[] run(Backend backend);
    }

    private void check(String name, On what) {
        double distance = Truth.distance(what.run(gpu), what.run(processor));
        boolean agrees = distance <= TOLERANCE;
        agree &= agrees;
        results.addObject().put("operation", name).put("largestRelativeDifference", distance).put("agrees", agrees);
        if (!agrees) {
            System.out.println("truth  " + name + ": the GPU differs by " + distance);
        }
    }

    private float[] values(int count, float scale) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = scale * (float) random.nextGaussian();
        }
        return values;
    }

    /** Values as rows on a backend: a matrix of the values, embedded row by row. */
    private static Backend.Rows rows(Backend backend, float[] values, int count, int width) {
        Backend.Rows rows = backend.rows(count, width);
        MemorySegment data = Arena.ofAuto().allocate(values.length * 4L, 64);
        MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
        GgufTensor tensor = new GgufTensor("rows", TensorType.F32, List.of((long) width, (long) count), data);
        int[] ids = IntStream.range(0, count).toArray();
        backend.embed(backend.matrix(tensor, count, width), ids, 0, count, rows);
        return rows;
    }

    private static float[] read(Backend backend, Backend.Rows rows, int count, int width) {
        float[] out = new float[count * width];
        backend.read(rows, count, width, out, 0);
        return out;
    }

    private void products() {
        int[] counts = quick ? new int[] {1, 9} : new int[] {1, 2, 3, 8, 9, 33, 64, 130, 300};
        int outputs = quick ? 40 : 400;
        int inputs = quick ? 256 : 768;
        for (TensorType type : TYPES) {
            MemorySegment stored = Arena.ofAuto().allocate(StoredWeights.bytes(type, (long) outputs * inputs), 64);
            StoredWeights.fill(type, stored, 0.05f, new SplittableRandom(random.nextLong()));
            float[] floats = new float[outputs * inputs];
            Dequantize.values(type, stored, 0, floats.length, floats, 0);
            MemorySegment plain = Arena.ofAuto().allocate(floats.length * 4L, 64);
            MemorySegment.copy(floats, 0, plain, ValueLayout.JAVA_FLOAT, 0, floats.length);
            List<Long> dimensions = List.of((long) inputs, (long) outputs);
            // the same weights: as stored on the GPU, as floats on the processor, which does not know every type
            On[] all = new On[counts.length];
            for (int c = 0; c < counts.length; c++) {
                int count = counts[c];
                float[] in = values(count * inputs, 1);
                float[] start = values(count * outputs, 1);
                all[c] = backend -> {
                    Backend.Matrix matrix = backend instanceof CudaBackend
                            ? backend.matrix(new GgufTensor("m", type, dimensions, stored), outputs, inputs)
                            : backend.matrix(new GgufTensor("m", TensorType.F32, dimensions, plain), outputs, inputs);
                    Backend.Rows out = rows(backend, start, count, outputs);
                    backend.multiplyAdd(matrix, rows(backend, in, count, inputs), count, out);
                    return read(backend, out, count, outputs);
                };
                check(type + " product of " + count + " rows", all[c]);
            }
            check(type + " embedding", backend -> {
                Backend.Matrix matrix = backend instanceof CudaBackend
                        ? backend.matrix(new GgufTensor("m", type, dimensions, stored), outputs, inputs)
                        : backend.matrix(new GgufTensor("m", TensorType.F32, dimensions, plain), outputs, inputs);
                Backend.Rows out = backend.rows(3, inputs);
                backend.embed(matrix, new int[] {outputs - 1, 0, 7}, 0, 3, out);
                return read(backend, out, 3, inputs);
            });
        }
    }

    private void norms() {
        int width = quick ? 96 : 3136;
        float[] in = values(5 * width, 2);
        float[] weight = values(width, 1);
        check("RMS norm", backend -> {
            Backend.Rows out = backend.rows(5, width);
            backend.rmsNorm(rows(backend, in, 5, width), 5, backend.vector(weight), 1e-5f, out);
            return read(backend, out, 5, width);
        });
        check("squared ReLU", backend -> {
            Backend.Rows rows = rows(backend, in, 5, width);
            backend.squaredRelu(rows, 5, width);
            return read(backend, rows, 5, width);
        });
        check("gather", backend -> {
            Backend.Rows out = backend.rows(2, width);
            backend.gather(rows(backend, in, 5, width), new int[] {4, 1}, 2, width, out);
            return read(backend, out, 2, width);
        });
    }

    private void mixers() {
        MambaShape shape = quick ? new MambaShape(4, 16, 16, 2, 4) : new MambaShape(16, 80, 128, 8, 4);
        MambaWeights weights = new MambaWeights(
                values(shape.convolved() * shape.kernel(), 0.5f),
                values(shape.convolved(), 0.1f),
                values(shape.heads(), 1),
                negative(shape.heads()),
                values(shape.heads(), 1),
                values(shape.inner(), 1),
                1e-5f);
        int[][] steps = quick ? new int[][] {{1, 1}, {20, 3}, {70, 1}, {1, 1}} : new int[][] {{1, 1}, {20, 3}, {200, 1}, {64, 65}, {1, 1}};
        for (int s = 1; s <= steps.length; s++) {
            int last = s;
            float[][] projected = new float[last][];
            for (int i = 0; i < last; i++) {
                projected[i] = values((steps[i][0] + steps[i][1]) * shape.projected(), 1);
            }
            check("Mamba-2 mixer, " + last + " steps", backend -> {
                Backend.Mixer mixer = backend.mixer(shape, weights);
                List<Backend.RecurrentState> states =
                        List.of(backend.recurrentState(shape), backend.recurrentState(shape));
                float[] result = {};
                for (int i = 0; i < last; i++) {
                    Segments segments = Segments.of(steps[i]);
                    Backend.Rows out = backend.rows(segments.rows(), shape.inner());
                    backend.mix(
                            mixer,
                            rows(backend, projected[i], segments.rows(), shape.projected()),
                            segments,
                            states,
                            out);
                    result = read(backend, out, segments.rows(), shape.inner());
                }
                states.forEach(Backend.RecurrentState::release);
                return result;
            });
        }
    }

    private float[] negative(int count) {
        float[] values = values(count, 3);
        for (int i = 0; i < count; i++) {
            values[i] = -Math.abs(values[i]) - 0.1f;
        }
        return values;
    }

    private void attention() {
        AttentionShape shape = quick ? new AttentionShape(4, 2, 16, 16) : new AttentionShape(40, 8, 128, 128);
        int[][] steps = quick ? new int[][] {{1, 1}, {30, 2}, {1, 1}} : new int[][] {{1, 1}, {300, 2}, {1, 1}, {17, 900}, {1, 1}};
        for (int s = 1; s <= steps.length; s++) {
            int last = s;
            List<float[][]> inputs = new ArrayList<>();
            for (int i = 0; i < last; i++) {
                int count = steps[i][0] + steps[i][1];
                inputs.add(new float[][] {
                    values(count * shape.heads() * shape.keySize(), 1),
                    values(count * shape.keyHeads() * shape.keySize(), 1),
                    values(count * shape.keyHeads() * shape.valueSize(), 1)
                });
            }
            check("attention, " + last + " steps", backend -> {
                List<Backend.KeyValues> caches = List.of(backend.keyValues(shape, 4000), backend.keyValues(shape, 4000));
                float[] result = {};
                for (int i = 0; i < last; i++) {
                    Segments segments = Segments.of(steps[i]);
                    int count = segments.rows();
                    Backend.Rows out = backend.rows(count, shape.heads() * shape.valueSize());
                    backend.attend(
                            shape,
                            rows(backend, inputs.get(i)[0], count, shape.heads() * shape.keySize()),
                            rows(backend, inputs.get(i)[1], count, shape.keyHeads() * shape.keySize()),
                            rows(backend, inputs.get(i)[2], count, shape.keyHeads() * shape.valueSize()),
                            segments,
                            caches,
                            out);
                    result = read(backend, out, count, shape.heads() * shape.valueSize());
                }
                caches.forEach(Backend.KeyValues::release);
                return result;
            });
        }
    }

    private void choices() {
        int vocabulary = quick ? 500 : 131072;
        int count = 6;
        float[] logits = values(count * vocabulary, 3);
        long[] mask = new long[Math.ceilDiv(vocabulary, 64)];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = random.nextLong();
        }
        long[] all = new long[mask.length];
        Arrays.fill(all, -1);
        List<ChoiceRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long[] allowed = i % 3 == 0 ? mask : all;
            requests.add(new ChoiceRequest(i % 2 * 0.7f, i < 3 ? 1 : 0.8f, random.nextLong(), i, allowed));
        }
        check("choice of a token", backend -> {
            TokenChoice[] out = new TokenChoice[count];
            backend.choose(rows(backend, logits, count, vocabulary), count, vocabulary, requests, out);
            float[] flat = new float[4 * count];
            for (int i = 0; i < count; i++) {
                flat[4 * i] = out[i].token();
                flat[4 * i + 1] = out[i].logProbability() * 1000;
                flat[4 * i + 2] = out[i].top2Margin() * 1000;
                flat[4 * i + 3] = out[i].maskedMass() * 1000;
            }
            return flat;
        });
    }
}
