package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

import dev.outrider.slm.Device;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.cuda.CudaOptions;

/** Logits of whole models on the GPU against those of the processor's engine. */
final class Truth {

    /** Largest difference relative to the largest logit, for exact settings. */
    private static final double TOLERANCE = 1e-3;

    private static final double ARGMAX = 0.995;

    private Truth() {}

    /** Compares the embedded model and small random ones of all formats; true when all agree. */
    static boolean compare(ArrayNode results, Path directory, boolean quick, Random random) throws IOException {
        boolean agree = true;
        for (Shapes.Format format : Shapes.Format.values()) {
            Path file = directory.resolve("truth-" + format + ".gguf");
            Shapes shapes = format == Shapes.Format.Q4_K_M ? Shapes.SMALL : Shapes.TINY;
            SyntheticModel.write(file, shapes, format, random.nextLong(), true);
            agree &= compare(results, format + " random", file, CudaOptions.exact(), quick ? 12 : 300, random);
            agree &= compare(results, format + " random, as shipped", file, CudaOptions.standard(), quick ? 12 : 300, random);
            Files.delete(file);
        }
        try (SlmEngine embedded = SlmEngine.embedded(Device.cpu(1))) {
            Path file = embedded.info().path();
            agree &= compare(results, "embedded model", file, CudaOptions.exact(), quick ? 2 : 600, random);
            agree &= compare(results, "embedded model, as shipped", file, CudaOptions.standard(), quick ? 2 : 600, random);
        }
        return agree;
    }

    private static boolean compare(
            ArrayNode results, String name, Path file, CudaOptions options, int positions, Random random) {
        try (SlmEngine gpu = SlmEngine.load(file, Device.cuda(0, options));
                SlmEngine processor = SlmEngine.load(
                        file, Device.cpu(Runtime.getRuntime().availableProcessors()))) {
            int vocabulary = gpu.info().vocabularySize();
            int[] tokens = random.ints(Math.min(positions, gpu.contextLength()), 0, vocabulary).toArray();
            float[][] expected = new float[tokens.length][];
            processor.logits(tokens, (position, logits) -> expected[position] = logits.clone());
            double[] worst = new double[1];
            int[] same = new int[1];
            gpu.logits(tokens, (position, logits) -> {
                worst[0] = Math.max(worst[0], distance(logits, expected[position]));
                same[0] += argmax(logits) == argmax(expected[position]) ? 1 : 0;
            });
            double share = (double) same[0] / tokens.length;
            boolean exact = options.equals(CudaOptions.exact());
            boolean agrees = (!exact || worst[0] <= TOLERANCE) && share >= ARGMAX;
            ObjectNode node = results.addObject()
                    .put("model", name)
                    .put("positions", tokens.length)
                    .put("largestRelativeDifference", worst[0])
                    .put("argmaxEqual", share)
                    .put("agrees", agrees);
            System.out.println("truth  " + node);
            return agrees;
        }
    }

    /** Largest difference relative to the largest value; something that is no number is infinitely far. */
    static double distance(float[] a, float[] b) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < a.length; i++) {
            double d = Math.abs((double) a[i] - b[i]);
            difference = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(difference, d);
            size = Math.max(size, Math.abs(b[i]));
        }
        return difference / size;
    }

    private static int argmax(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) {
            if (row[i] > row[best]) {
                best = i;
            }
        }
        return best;
    }
}
