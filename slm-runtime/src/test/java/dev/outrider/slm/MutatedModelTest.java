package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.gguf.GgufException;

class MutatedModelTest {

    /** Numbers that break careless arithmetic. */
    private static final long[] NASTY = {
        0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 1L << 31, 1L << 32, 0xffff_ffffL, 1L << 61, 255, 65_536
    };

    /** What may be allocated beside a multiple of the file's size: activations and first-use class data. */
    private static final long FIXED_ALLOCATION = 8 << 20;

    @TempDir
    Path directory;

    @Test
    void a_mutated_file_loads_or_is_refused_with_its_name_in_one_line() throws IOException {
        mutate(3_000, new Random().nextLong());
    }

    @Test
    @Tag("long")
    void twenty_thousand_mutated_files_load_or_are_refused() throws IOException {
        mutate(20_000, new Random().nextLong());
    }

    private void mutate(int rounds, long seed) throws IOException {
        byte[] original = Golden.bytes("q8_0.gguf");
        int header = headerSize(original);
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] mutated = mutation(original, header, random);
            // a new file every time: one that is mapped must not be cut short
            Path file = directory.resolve("mutated-" + round + ".gguf");
            Files.write(file, mutated);
            String where = "seed " + seed + ", round " + round;
            long before = allocated();
            try (SlmEngine engine = SlmEngine.load(file, 1)) {
                long after = allocated() - before;
                assertThat(after).as(where).isLessThan(20L * mutated.length + FIXED_ALLOCATION);
                runBriefly(engine, where);
            } catch (GgufException e) {
                refused++;
                assertThat(allocated() - before).as(where).isLessThan(20L * mutated.length + FIXED_ALLOCATION);
                assertThat(e.getMessage()).as(where).startsWith(file + ": ").doesNotContain("\n");
            } catch (Throwable t) {
                fail(where, t);
            }
            Files.delete(file);
        }
        assertThat(refused).as("seed %d", seed).isBetween(rounds / 4, rounds);
    }

    /** A file that loads may compute nonsense, but it must compute. */
    private static void runBriefly(SlmEngine engine, String where) {
        int[] tokens = {0, engine.info().vocabularySize() - 1};
        if (engine.contextLength() >= tokens.length) {
            engine.logits(tokens, (position, logits) -> assertThat(logits).as(where).isNotEmpty());
        }
    }

    private static byte[] mutation(byte[] original, int header, Random random) {
        byte[] mutated = original.clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(header - 8);
            switch (random.nextInt(6)) {
                case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutated[at] = (byte) random.nextInt();
                case 2 ->
                    ByteBuffer.wrap(mutated).order(ByteOrder.LITTLE_ENDIAN).putLong(at, NASTY[random.nextInt(NASTY.length)]);
                case 3 ->
                    ByteBuffer.wrap(mutated).order(ByteOrder.LITTLE_ENDIAN).putInt(at, (int) NASTY[random.nextInt(NASTY.length)]);
                case 4 -> {
                    int length = 1 + random.nextInt(Math.min(16, header - at));
                    System.arraycopy(mutated, at + length, mutated, at, header - at - length);
                }
                default -> mutated = Arrays.copyOf(mutated, random.nextInt(mutated.length));
            }
            if (mutated.length < header) {
                break;
            }
        }
        return mutated;
    }

    /** Where the last tensor's name stands: beyond it there are only weights, and damage there cannot be seen. */
    private static int headerSize(byte[] file) {
        byte[] name = "output_norm.weight".getBytes(StandardCharsets.US_ASCII);
        for (int at = file.length - name.length; at > 0; at--) {
            if (Arrays.equals(file, at, at + name.length, name, 0, name.length)) {
                return at + 100;
            }
        }
        throw new IllegalStateException("no tensor of this name");
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
