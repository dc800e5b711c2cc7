package dev.outrider.slm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;

class SnapshotFileTest {

    private static final int[] TEXT = new Random(1).ints(20, 0, 288).toArray();
    private static final long[] NASTY = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 1L << 31, 1L << 40, 255};

    @TempDir
    Path directory;

    private Gguf gguf;
    private CpuBackend backend;
    private LanguageModel model;
    private Path file;

    @BeforeEach
    void write() {
        gguf = Gguf.open(Golden.copy("f32-2.gguf", directory));
        backend = new CpuBackend(1);
        model = Architectures.load(gguf, backend);
        file = directory.resolve("a.snapshot");
        SequenceState state = model.newState(TEXT.length);
        SnapshotTest.read(model, state, TEXT, TEXT.length);
        try (Snapshot snapshot = Snapshot.of(model, state, TEXT)) {
            SnapshotFile.write(snapshot, gguf.fingerprint(), file);
        }
    }

    @AfterEach
    void close() {
        backend.close();
        gguf.close();
    }

    private void assertRefused(Path file, String why) {
        assertThatExceptionOfType(SnapshotException.class)
                .isThrownBy(() -> SnapshotFile.read(file, gguf.fingerprint(), model).close())
                .withMessageStartingWith(file + ": ")
                .withMessageContaining(why)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void nothing_is_left_beside_a_written_file() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("f32-2.gguf", "a.snapshot");
        }
    }

    @Test
    void a_file_of_another_kind_is_refused() throws IOException {
        assertRefused(directory.resolve("none"), "does not exist");
        assertRefused(directory.resolve("f32-2.gguf"), "is no snapshot");
        assertRefused(Files.write(directory.resolve("empty"), new byte[0]), "is no snapshot");
        assertRefused(directory, "");
    }

    @Test
    void a_file_of_another_model_is_refused_even_where_only_weights_differ() throws IOException {
        byte[] other = Golden.bytes("f32-2.gguf");
        other[other.length - 100] ^= 1;
        Path changed = Files.write(directory.resolve("other.gguf"), other);
        try (Gguf trained = Gguf.open(changed)) {
            LanguageModel same = Architectures.load(trained, backend);
            assertThatExceptionOfType(SnapshotException.class)
                    .isThrownBy(() -> SnapshotFile.read(file, trained.fingerprint(), same))
                    .withMessageContaining("another model");
        }
    }

    @Test
    void a_newer_version_is_refused() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[8] = 2;
        assertRefused(Files.write(directory.resolve("newer"), sealed(bytes)), "version 2");
    }

    @Test
    void a_file_with_a_right_checksum_and_wrong_content_is_refused() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int tokensAt = 64 + buffer.getInt(12);
        byte[] outside = bytes.clone();
        ByteBuffer.wrap(outside).order(ByteOrder.LITTLE_ENDIAN).putInt(tokensAt, 288);
        assertRefused(Files.write(directory.resolve("outside"), sealed(outside)), "token 0 is 288");
        byte[] layout = bytes.clone();
        layout[64] = '?';
        assertRefused(Files.write(directory.resolve("layout"), sealed(layout)), "laid out as");
        byte[] fewer = bytes.clone();
        ByteBuffer.wrap(fewer).order(ByteOrder.LITTLE_ENDIAN).putInt(16, 19).putLong(24, buffer.getLong(24) + 4);
        assertRefused(Files.write(directory.resolve("fewer"), sealed(fewer)), "cannot be the state of 19 tokens");
    }

    private static byte[] sealed(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(bytes, bytes.length - 32));
            System.arraycopy(hash, 0, bytes, bytes.length - 32, 32);
            return bytes;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Timeout(120)
    void two_thousand_mutated_files_are_refused_within_their_size() throws IOException {
        byte[] original = Files.readAllBytes(file);
        byte[] fingerprint = gguf.fingerprint();
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertRefused(Files.write(directory.resolve("first"), Arrays.copyOf(original, 3000)), "damaged"); // classes are loaded
        for (int round = 0; round < 2_000; round++) {
            byte[] mutated = mutation(original, random);
            if (Arrays.equals(mutated, original)) {
                continue;
            }
            Path damaged = Files.write(directory.resolve("damaged"), mutated);
            long before = threads.getCurrentThreadAllocatedBytes();
            try (Snapshot snapshot = SnapshotFile.read(damaged, fingerprint, model)) {
                fail("seed %d, round %d: accepted as %s", seed, round, snapshot);
            } catch (SnapshotException e) {
                assertThat(e.getMessage()).as("seed %d, round %d", seed, round).startsWith(damaged + ": ").doesNotContain("\n");
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                    .as("seed %d, round %d", seed, round)
                    .isLessThan(3L * mutated.length + 100_000);
        }
    }

    private static byte[] mutation(byte[] original, Random random) {
        byte[] mutated = original.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(random.nextBoolean() ? 100 : mutated.length);
            switch (random.nextInt(6)) {
                case 0 -> mutated[at % mutated.length] ^= (byte) (1 << random.nextInt(8));
                case 1 -> put(mutated, at, NASTY[random.nextInt(NASTY.length)], random.nextBoolean());
                case 2 -> put(mutated, 12 + 4 * random.nextInt(5), NASTY[random.nextInt(NASTY.length)], random.nextBoolean());
                case 3 -> mutated = Arrays.copyOf(mutated, random.nextInt(mutated.length + 1));
                case 4 -> mutated = Arrays.copyOf(mutated, mutated.length + 1 + random.nextInt(5000));
                default -> {
                    // a right checksum over wrong lengths, and over nothing else that is wrong
                    mutated = original.clone();
                    put(mutated, 12 + 4 * random.nextInt(5), NASTY[random.nextInt(NASTY.length)], random.nextBoolean());
                    return sealed(mutated);
                }
            }
            if (mutated.length < 100) {
                break;
            }
        }
        return mutated;
    }

    private static void put(byte[] bytes, int at, long value, boolean wide) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (at + 8 <= bytes.length) {
            if (wide) {
                buffer.putLong(at, value);
            } else {
                buffer.putInt(at, (int) value);
            }
        }
    }

    @Test
    void an_engine_writes_what_another_engine_of_the_same_file_reads() {
        Path model = directory.resolve("f32-2.gguf");
        Path saved = directory.resolve("engine.snapshot");
        try (SlmEngine one = SlmEngine.load(model, 1);
                Snapshot snapshot = one.snapshot(TEXT)) {
            one.save(snapshot, saved);
        }
        try (SlmEngine two = SlmEngine.load(model, 1);
                Snapshot restored = two.restore(saved)) {
            assertThat(restored.tokens()).isEqualTo(TEXT);
            two.keep(restored, true);
            assertThat(two.prefixStats().snapshots()).isEqualTo(1);
        }
    }
}
