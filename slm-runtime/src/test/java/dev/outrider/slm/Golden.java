package dev.outrider.slm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

import dev.outrider.slm.model.LlamaFile;

/** The golden models and logits among the test resources; see {@code golden/README.md}. */
public final class Golden {

    private Golden() {}

    /** A model as bytes. */
    public static byte[] bytes(String name) {
        try (InputStream in = Golden.class.getResourceAsStream("golden/" + name)) {
            if (in == null) {
                throw new IllegalArgumentException("no golden file " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy of a model in a directory; {@code llama.gguf} is made here, always the same. */
    public static Path copy(String name, Path directory) {
        if (name.equals("llama.gguf")) {
            return LlamaFile.smol(new Random(7)).write(directory.resolve(name));
        }
        try {
            return Files.write(directory.resolve(name), bytes(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The token ids that all reference logits belong to. */
    public static int[] tokens() {
        String text = new String(bytes("tokens.txt"), StandardCharsets.US_ASCII);
        return Arrays.stream(text.trim().split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    /** The reference logits, position by position. */
    public static float[][] logits(String name, int positions) {
        return rows(bytes(name + ".logits"), positions);
    }

    /** Raw little-endian floats as rows. */
    public static float[][] rows(byte[] raw, int positions) {
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        float[][] rows = new float[positions][raw.length / 4 / positions];
        for (float[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = buffer.getFloat();
            }
        }
        return rows;
    }

    /** The logits that an engine computes. */
    public static float[][] logits(SlmEngine engine, int[] tokens) {
        float[][] rows = new float[tokens.length][];
        engine.logits(tokens, (position, logits) -> rows[position] = logits.clone());
        return rows;
    }

    public static int argmax(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) {
            if (row[i] > row[best]) {
                best = i;
            }
        }
        return best;
    }
}
