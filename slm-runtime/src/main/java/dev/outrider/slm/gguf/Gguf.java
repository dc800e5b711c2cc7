package dev.outrider.slm.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file (versions 2 and 3, little-endian), memory-mapped read-only: opening reads the header only, tensor data is paged in
 * when it is used. Format: the GGUF specification in ggml's {@code docs/gguf.md}.
 */
public final class Gguf implements AutoCloseable {

    private final Path path;
    private final Arena arena;
    private final long fileBytes;
    private final GgufMetadata metadata;
    private final Map<String, GgufTensor> tensors;

    private Gguf(Path path, Arena arena, long fileBytes, GgufReader.Header header) {
        this.path = path;
        this.arena = arena;
        this.fileBytes = fileBytes;
        this.metadata = header.metadata();
        this.tensors = Collections.unmodifiableMap(header.tensors());
    }

    /**
     * Maps a file and reads its header.
     *
     * @throws GgufException if the file cannot be read, is no GGUF, or is damaged
     */
    @SuppressWarnings("MustBeClosedChecker") // lives as long as the returned object, which closes it
    public static Gguf open(Path path) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment bytes = map(path, arena);
            return new Gguf(path, arena, bytes.byteSize(), new GgufReader(path.toString(), bytes).read());
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

    /** Size of the file. */
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
