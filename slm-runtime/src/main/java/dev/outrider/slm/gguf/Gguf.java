package dev.outrider.slm.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF model (versions 2 and 3, little-endian), memory-mapped read-only: opening reads the headers only, tensor data is paged in
 * when it is used. A model in several files is opened by its first one. Format: the GGUF specification in ggml's {@code
 * docs/gguf.md}.
 */
public final class Gguf implements AutoCloseable {

    private static final long SAMPLE = 4096;

    private final Path path;
    private final Arena arena;
    private final long fileBytes;
    private final GgufMetadata metadata;
    private final Map<String, GgufTensor> tensors;
    private final MemorySegment header;

    private Gguf(Path path, Arena arena, long fileBytes, GgufReader.Header header, Map<String, GgufTensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.fileBytes = fileBytes;
        this.metadata = header.metadata();
        this.header = header.bytes();
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Maps a file, and those that belong to it, and reads the headers.
     *
     * @throws GgufException if a file cannot be read, is no GGUF, or is damaged
     */
    @SuppressWarnings("MustBeClosedChecker") // lives as long as the returned object, which closes it
    public static Gguf open(Path path) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment bytes = map(path, arena);
            GgufReader.Header header = new GgufReader(path.toString(), bytes).read();
            GgufMetadata metadata = header.metadata();
            Map<String, GgufTensor> tensors = header.tensors();
            long size = bytes.byteSize();
            List<Path> others = Shards.others(path, metadata);
            for (Path other : others) {
                MemorySegment more = map(other, arena);
                size += more.byteSize();
                for (GgufTensor tensor : new GgufReader(other.toString(), more).read().tensors().values()) {
                    if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
                        throw new GgufException(
                                other.toString(), "tensor '" + tensor.name() + "'", "is in an earlier file of this model too");
                    }
                }
            }
            if (!others.isEmpty() && metadata.integer(Shards.TENSORS, 0, Integer.MAX_VALUE) != tensors.size()) {
                throw metadata.error(Shards.TENSORS, "says " + metadata.integer(Shards.TENSORS) + " tensors, but the files hold "
                        + tensors.size() + "; files of different models are mixed, or one is damaged");
            }
            return new Gguf(path, arena, size, header, tensors);
        } catch (Throwable t) {
            arena.close();
            throw t;
        }
    }

    private static MemorySegment map(Path path, Arena arena) {
        String file = path.toString();
        if (Files.isDirectory(path)) {
            throw new GgufException(file, "", "is a directory; name a .gguf file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException e) {
            throw new GgufException(file, "", "does not exist", e);
        } catch (IOException e) {
            throw new GgufException(file, "", "cannot be read: " + e.getMessage(), e);
        }
    }

    public Path path() {
        return path;
    }

    /** Size of all files of the model together. */
    public long fileBytes() {
        return fileBytes;
    }

    public GgufMetadata metadata() {
        return metadata;
    }

    /** All tensors by name, in the order of the file. */
    public Map<String, GgufTensor> tensors() {
        return tensors;
    }

    /** The tensor of this name, or null. */
    public @Nullable GgufTensor findTensor(String name) {
        return tensors.get(name);
    }

    /**
     * The tensor of this name.
     *
     * @throws GgufException if there is none
     */
    public GgufTensor tensor(String name) {
        GgufTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw error(name, "is missing");
        }
        return tensor;
    }

    /**
     * Identifies the model: the SHA-256 of the (first) file's header, and of name, type, dimensions and the first, middle and last 4096 bytes
     * of every tensor. Training on changes practically every tensor everywhere, and reading the whole of a large file would take seconds.
     */
    public byte[] fingerprint() {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
        digest.update(header.asByteBuffer());
        for (GgufTensor tensor : tensors.values()) {
            digest.update((tensor.name() + " " + tensor.type() + " " + tensor.dimensions()).getBytes(StandardCharsets.UTF_8));
            long size = tensor.data().byteSize();
            long part = Math.min(SAMPLE, size);
            for (long at : new long[] {0, (size - part) / 2, size - part}) {
                digest.update(tensor.data().asSlice(at, part).asByteBuffer());
            }
        }
        return digest.digest();
    }

    /** An exception that names this file and a tensor. */
    public GgufException error(String tensor, String problem) {
        return new GgufException(path.toString(), "tensor '" + tensor + "'", problem);
    }

    /** Unmaps the file; no tensor data may be used afterwards. */
    @Override
    public void close() {
        arena.close();
    }
}
