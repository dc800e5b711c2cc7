package dev.outrider.slm.state;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.model.LanguageModel;

/**
 * Snapshots as files. Little-endian throughout:
 *
 * <pre>
 * offset  bytes  content
 *      0      8  the characters OUTRSNAP
 *      8      4  version, 1
 *     12      4  L, bytes of the layout's name
 *     16      4  N, number of tokens
 *     20      4  zero
 *     24      8  S, bytes of the state
 *     32     32  the model's fingerprint ({@link dev.outrider.slm.gguf.Gguf#fingerprint()})
 *     64      L  the layout's name in ASCII ({@link dev.outrider.slm.model.Backend#stateLayout()})
 *             4N  token ids
 *              S  the state, layer by layer
 *             32  SHA-256 of everything before it
 * </pre>
 *
 * The file ends there. Nothing in it is believed before the checksum is right, and nothing is allocated that is larger than the file.
 */
public final class SnapshotFile {

    private static final long MAGIC = 0x50414e535254554fL; // "OUTRSNAP" as a little-endian long
    private static final int VERSION = 1;
    private static final int HEADER = 64;
    private static final int HASH = 32;
    private static final int LONGEST_LAYOUT = 255;
    private static final int BUFFER = 1 << 16;

    private SnapshotFile() {}

    /**
     * Writes a snapshot; a file of this name is replaced at once or not at all.
     *
     * @param fingerprint of the model, 32 bytes
     * @throws SnapshotException if the file cannot be written
     */
    public static void write(Snapshot snapshot, byte[] fingerprint, Path file) {
        byte[] layout = snapshot.model().stateLayout().getBytes(StandardCharsets.US_ASCII);
        int[] tokens = snapshot.tokens();
        ByteBuffer head = ByteBuffer.allocate(HEADER + layout.length + Integer.BYTES * tokens.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(MAGIC)
                .putInt(VERSION)
                .putInt(layout.length)
                .putInt(tokens.length)
                .putInt(0)
                .putLong(snapshot.data().byteSize())
                .put(fingerprint)
                .put(layout);
        for (int token : tokens) {
            head.putInt(token);
        }
        Path temporary = null;
        try {
            Path absolute = file.toAbsolutePath();
            temporary = Files.createTempFile(absolute.getParent(), "snapshot-", ".part");
            MessageDigest digest = sha256();
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                put(channel, head.flip(), digest);
                long size = snapshot.data().byteSize();
                for (long at = 0; at < size; at += BUFFER) {
                    put(channel, snapshot.data().asSlice(at, Math.min(BUFFER, size - at)).asByteBuffer(), digest);
                }
                put(channel, ByteBuffer.wrap(digest.digest()), null);
                channel.force(true);
            }
            Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new SnapshotException(file + ": the snapshot cannot be written: " + e, e);
        } finally {
            delete(temporary);
        }
    }

    private static void put(FileChannel channel, ByteBuffer bytes, @Nullable MessageDigest digest)
            throws IOException {
        if (digest != null) {
            digest.update(bytes.duplicate());
        }
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void delete(@Nullable Path temporary) {
        if (temporary != null) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                // it was moved, or nothing can be done about it
            }
        }
    }

    /**
     * Reads a snapshot.
     *
     * @param fingerprint of the model
     * @param model the loaded model that the snapshot is to be used with
     * @throws SnapshotException if the file cannot be read, is no snapshot, is damaged, or belongs to another model, backend or version
     */
    public static Snapshot read(Path file, byte[] fingerprint, LanguageModel model) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new Reader(file, channel, model).read(fingerprint);
        } catch (NoSuchFileException e) {
            throw new SnapshotException(file + ": does not exist", e);
        } catch (IOException e) {
            throw new SnapshotException(file + ": the snapshot cannot be read: " + e, e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private record Reader(Path file, FileChannel channel, LanguageModel model) {

        Snapshot read(byte[] fingerprint) throws IOException {
            long size = channel.size();
            ByteBuffer head = bytes(0, (int) Math.min(HEADER, size));
            if (size < Long.BYTES || head.getLong() != MAGIC) {
                throw bad("is no snapshot (it does not start with the bytes 'OUTRSNAP')");
            }
            if (size < HEADER + HASH) {
                throw bad("is cut off: it has " + size + " bytes");
            }
            int version = head.getInt();
            if (version != VERSION) {
                throw bad("is a snapshot of version " + Integer.toUnsignedString(version) + ", but this program reads version " + VERSION
                        + "; make it anew");
            }
            int layoutLength = head.getInt();
            int count = head.getInt();
            int reserved = head.getInt();
            long stateBytes = head.getLong();
            byte[] model = new byte[fingerprint.length];
            head.get(model);
            long room = size - HEADER - HASH;
            if (layoutLength < 0
                    || layoutLength > LONGEST_LAYOUT
                    || count < 0
                    || reserved != 0
                    || stateBytes < 0
                    || stateBytes > room
                    || layoutLength + (long) Integer.BYTES * count + stateBytes != room) {
                throw bad("is damaged: " + count + " tokens and " + stateBytes + " bytes of state do not make up its " + size + " bytes");
            }
            checkHash(size);
            if (!Arrays.equals(model, fingerprint)) {
                throw bad("belongs to another model; make it anew with the model that is loaded");
            }
            return snapshot(bytes(HEADER, layoutLength + Integer.BYTES * count), layoutLength, count, stateBytes);
        }

        private void checkHash(long size) throws IOException {
            MessageDigest digest = sha256();
            ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, size));
            for (long at = 0; at < size - HASH; at += buffer.limit()) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), size - HASH - at));
                fill(buffer, at);
                digest.update(buffer.flip());
            }
            if (!Arrays.equals(digest.digest(), bytes(size - HASH, HASH).array())) {
                throw bad("is damaged: its checksum is wrong; delete it, a new one can be made");
            }
        }

        @SuppressWarnings("MustBeClosedChecker") // lives as long as the snapshot, which closes it
        private Snapshot snapshot(ByteBuffer rest, int layoutLength, int count, long stateBytes) throws IOException {
            byte[] name = new byte[layoutLength];
            rest.get(name);
            String layout = new String(name, StandardCharsets.US_ASCII);
            if (!layout.equals(model.stateLayout())) {
                throw bad("holds a state laid out as '" + layout.replaceAll("[^ -~]", "?") + "', but the model that is loaded uses '"
                        + model.stateLayout() + "'; make it anew");
            }
            int[] tokens = new int[count];
            for (int i = 0; i < count; i++) {
                tokens[i] = rest.getInt();
                if (tokens[i] < 0 || tokens[i] >= model.vocabularySize()) {
                    throw bad("is damaged: token " + i + " is " + tokens[i]);
                }
            }
            if (count > model.contextLength() || stateBytes != model.stateBytes(count)) {
                throw bad("is damaged: " + stateBytes + " bytes cannot be the state of " + count + " tokens");
            }
            Arena arena = Arena.ofShared();
            try {
                MemorySegment state = Snapshot.allocate(arena, stateBytes);
                long begin = HEADER + layoutLength + (long) Integer.BYTES * count;
                for (long at = 0; at < stateBytes; at += BUFFER) {
                    fill(state.asSlice(at, Math.min(BUFFER, stateBytes - at)).asByteBuffer(), begin + at);
                }
                return new Snapshot(model, tokens, arena, state);
            } catch (Throwable t) {
                arena.close();
                throw t;
            }
        }

        private ByteBuffer bytes(long at, int count) throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
            fill(buffer, at);
            return buffer.flip();
        }

        private void fill(ByteBuffer buffer, long at) throws IOException {
            long position = at;
            while (buffer.hasRemaining()) {
                int n = channel.read(buffer, position);
                if (n < 0) {
                    throw bad("became shorter while it was read");
                }
                position += n;
            }
        }

        private SnapshotException bad(String problem) {
            return new SnapshotException(file + ": " + problem);
        }
    }
}
