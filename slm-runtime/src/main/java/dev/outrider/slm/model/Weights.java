package dev.outrider.slm.model;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufException;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.TensorType;

/** Takes a file's tensors one by one, each checked against the shape that the configuration asks for. */
final class Weights {

    private final Gguf gguf;
    private final Backend backend;
    private final Set<String> taken = new HashSet<>();

    Weights(Gguf gguf, Backend backend) {
        this.gguf = gguf;
        this.backend = backend;
    }

    /** A matrix of {@code rows} outputs and {@code columns} inputs. */
    Backend.Matrix matrix(String name, int rows, int columns) {
        GgufTensor tensor = take(name, columns, rows);
        if (!backend.supports(tensor)) {
            throw unsupported(tensor, "F32, F16, BF16, Q8_0, Q5_0, Q5_1, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K");
        }
        return backend.matrix(tensor, rows, columns);
    }

    /** The values of a small F32 tensor with these dimensions, the fastest varying first; dimensions of size 1 do not count. */
    float[] values(String name, int... dimensions) {
        GgufTensor tensor = take(name, dimensions);
        if (tensor.type() != TensorType.F32) {
            throw unsupported(tensor, "F32 for this tensor");
        }
        float[] values = new float[Math.toIntExact(tensor.size())];
        ValueLayout.OfFloat layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
        MemorySegment.copy(tensor.data(), layout, 0, values, 0, values.length);
        return values;
    }

    Backend.Vector vector(String name, int size) {
        return backend.vector(values(name, size));
    }

    boolean contains(String name) {
        return gguf.findTensor(name) != null;
    }

    /** Refuses a file with a tensor that nobody took: leaving weights out would give wrong answers in silence. */
    void requireAllTaken(String architecture) {
        for (String name : gguf.tensors().keySet()) {
            if (!taken.contains(name)) {
                throw gguf.error(name, "is not part of the architecture " + architecture + " as configured by this file");
            }
        }
    }

    private GgufTensor take(String name, int... dimensions) {
        GgufTensor tensor = gguf.tensor(name);
        List<Long> actual = tensor.dimensions().stream().filter(d -> d != 1).toList();
        List<Long> expected = Arrays.stream(dimensions)
                .filter(d -> d != 1)
                .mapToObj(d -> (long) d)
                .toList();
        if (!actual.equals(expected)) {
            throw gguf.error(name, "has the dimensions " + text(tensor.dimensions())
                    + " where the metadata asks for " + text(Arrays.stream(dimensions).boxed().toList()));
        }
        taken.add(name);
        return tensor;
    }

    private GgufException unsupported(GgufTensor tensor, String supported) {
        return gguf.error(tensor.name(), "is stored as " + tensor.type() + ", which is not supported (supported: " + supported
                + "); convert the model to one of these");
    }

    private static String text(List<?> dimensions) {
        return dimensions.stream().map(String::valueOf).collect(Collectors.joining(" x "));
    }
}
