package dev.outrider.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file of float32 values. It grows under another name beside its own and takes its place when complete, so that there is no
 * half a file under the name that was asked for. What is no regular file (a device, a pipe) is written to directly.
 */
final class LogitsFile implements AutoCloseable {

    private final Path file;
    private final Path written;
    private final FileChannel channel;
    private final ByteBuffer row;
    private boolean complete;

    private LogitsFile(Path file, Path written, FileChannel channel, int vocabulary) {
        this.file = file;
        this.written = written;
        this.channel = channel;
        this.row = ByteBuffer.allocateDirect(Math.multiplyExact(vocabulary, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    static LogitsFile create(Path file, int vocabulary) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw CliException.badInput("there is no directory " + folder + " to write " + file.getFileName() + " to");
        }
        boolean direct = Files.exists(file) && !Files.isRegularFile(file);
        Path written = direct ? file : file.resolveSibling(file.getFileName() + ".part");
        FileChannel channel = FileChannel.open(
                written, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        return new LogitsFile(file, written, channel, vocabulary);
    }

    /** Appends one position. */
    void write(float[] logits) {
        row.clear();
        row.asFloatBuffer().put(logits, 0, row.capacity() / Float.BYTES);
        try {
            while (row.hasRemaining()) {
                channel.write(row);
            }
        } catch (IOException e) {
            throw CliException.failed(file + " cannot be written: " + e.getMessage());
        }
    }

    /** Says that all positions are there. */
    void complete() {
        complete = true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (written.equals(file)) {
            return;
        }
        if (complete) {
            Files.move(written, file, StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.deleteIfExists(written);
        }
    }
}
