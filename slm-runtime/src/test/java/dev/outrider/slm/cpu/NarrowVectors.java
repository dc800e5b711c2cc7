package dev.outrider.slm.cpu;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

/** A program for a JVM with other vectors: prints how long they are and, by type, bytes that a warm product allocates and its results. */
final class NarrowVectors {

    static final int ROWS = 7;
    static final int VECTORS = 5;

    private NarrowVectors() {}

    static float[] products(TensorType type, long seed) {
        Random random = new Random(seed);
        int columns = TestMatrix.columns(type, random);
        TestMatrix matrix = TestMatrix.random(type, ROWS, columns, random);
        float[] x = new float[VECTORS * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        float[] y = new float[VECTORS * ROWS];
        new MatrixProduct().multiply(matrix.matrix(), x, VECTORS, y, 0, ROWS, false);
        return y;
    }

    private static double bytes(TensorType type, int vectors) {
        CpuMatrix matrix = TestMatrix.random(type, 33, 1280, new Random(1)).matrix();
        float[] x = new float[vectors * 1280];
        float[] y = new float[vectors * 33];
        MatrixProduct product = new MatrixProduct();
        return Warm.bytesPerCall(() -> product.multiply(matrix, x, vectors, y, 0, 33, false), 64, 20);
    }

    /** @param arguments the seed */
    public static void main(String[] arguments) {
        long seed = Long.parseLong(arguments[0]);
        System.out.println("floats " + Lanes.COUNT);
        for (TensorType type : RandomBlocks.TYPES) {
            float[] y = products(type, seed);
            System.out.println(type + " " + bytes(type, 1) + " " + bytes(type, VECTORS) + " "
                    + IntStream.range(0, y.length).mapToObj(i -> Float.toString(y[i])).collect(Collectors.joining(",")));
        }
    }

    /** Numbers with commas between them. */
    static double[] numbers(String text) {
        return Arrays.stream(text.split(",")).mapToDouble(Double::parseDouble).toArray();
    }
}
