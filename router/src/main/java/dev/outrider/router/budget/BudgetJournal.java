package dev.outrider.router.budget;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.BudgetStore.Attempt;
import dev.outrider.router.budget.BudgetStore.Leg;
import dev.outrider.router.budget.BudgetStore.Ticket;

/**
 * What was done to accounts since they were last written to their database, one operation after the other, in a file
 * beside it: {@code FILE-ops.GENERATION}. An operation is appended by one write of a frame: the length of its contents
 * and their CRC-32C, four bytes each, then the contents. A process that is killed in the middle leaves a frame that is
 * too short, and only at the end; what comes back from {@link #append} is whole. Used by one thread at a time.
 */
final class BudgetJournal implements AutoCloseable {

    private static final int HEAD = 2 * Integer.BYTES;
    private static final int MOST = 1 << 20;
    private static final byte TOOK = 1;
    private static final byte FINISHED = 2;

    /** An operation that was carried out. */
    sealed interface Operation {}

    /** A lease was taken. */
    record Took(Ticket ticket) implements Operation {}

    /** A lease was given back, and its charges booked. */
    record Finished(Ticket ticket, List<Long> charges, Attempt attempt) implements Operation {}

    private final long generation;
    private final RandomAccessFile file;
    private long length;

    /** A write that failed may have left something behind the last whole frame. */
    private boolean torn;

    private BudgetJournal(long generation, RandomAccessFile file) {
        this.generation = generation;
        this.file = file;
    }

    /** Begins a journal; one of the same generation is thrown away. */
    static BudgetJournal create(Path database, long generation) throws IOException {
        // not a channel: an interrupted thread would close it
        RandomAccessFile file = new RandomAccessFile(path(database, generation).toFile(), "rw");
        try {
            file.setLength(0);
        } catch (IOException e) {
            file.close();
            throw e;
        }
        return new BudgetJournal(generation, file);
    }

    static Path path(Path database, long generation) {
        return database.resolveSibling(database.getFileName() + "-ops." + generation);
    }

    /** Generations of the journals beside a database, in ascending order. */
    static List<Long> generations(Path database) throws IOException {
        Path parent = database.toAbsolutePath().getParent();
        if (parent == null) {
            return List.of();
        }
        String prefix = database.getFileName() + "-ops.";
        try (Stream<Path> files = Files.list(parent)) {
            return files.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> name.startsWith(prefix))
                    .map(name -> name.substring(prefix.length()))
                    .filter(number -> number.matches("\\d{1,18}"))
                    .map(Long::valueOf)
                    .sorted()
                    .toList();
        }
    }

    long generation() {
        return generation;
    }

    /** Bytes of all frames. */
    long length() {
        return length;
    }

    /** Writes an operation behind the others; when that fails, it is as if it had not been tried. */
    void append(Operation operation) throws IOException {
        byte[] frame = frame(operation);
        if (torn) {
            file.setLength(length);
            file.seek(length);
        }
        torn = true;
        file.write(frame);
        torn = false;
        length += frame.length;
    }

    @Override
    public void close() throws IOException {
        if (torn) {
            file.setLength(length);
        }
        file.close();
    }

    private static byte[] frame(Operation operation) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(0);
        switch (operation) {
            case Took took -> {
                out.writeByte(TOOK);
                write(took.ticket(), out);
            }
            case Finished finished -> {
                out.writeByte(FINISHED);
                write(finished.ticket(), out);
                for (long charge : finished.charges()) {
                    out.writeLong(charge);
                }
                out.writeByte(finished.attempt().ordinal());
            }
        }
        byte[] frame = bytes.toByteArray();
        CRC32C sum = new CRC32C();
        sum.update(frame, HEAD, frame.length - HEAD);
        ByteBuffer.wrap(frame).putInt(frame.length - HEAD).putInt((int) sum.getValue());
        return frame;
    }

    private static void write(Ticket ticket, DataOutputStream out) throws IOException {
        out.writeLong(ticket.id());
        out.writeLong(ticket.expires());
        out.writeInt(ticket.legs().size());
        for (Leg leg : ticket.legs()) {
            out.writeUTF(leg.account());
            out.writeLong(leg.window());
            out.writeLong(leg.amount());
            out.writeLong(leg.forgetAt());
        }
    }

    /**
     * Reads a journal up to its end, or to where a killed process tore it.
     *
     * @throws IOException when it cannot be read, or holds what no journal does
     */
    static void read(Path journal, Consumer<Operation> each) throws IOException {
        long size = Files.size(journal);
        long at = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(journal), 1 << 16))) {
            while (size - at >= HEAD) {
                int length = in.readInt();
                int sum = in.readInt();
                if (length == 0 && sum == 0 || length > 0 && length <= MOST && length > size - at - HEAD) {
                    return;
                }
                if (length <= 0 || length > MOST) {
                    throw damaged(at, null);
                }
                byte[] contents = in.readNBytes(length);
                CRC32C actual = new CRC32C();
                actual.update(contents);
                if ((int) actual.getValue() != sum) {
                    throw damaged(at, null);
                }
                each.accept(parse(contents, at));
                at += HEAD + length;
            }
        }
    }

    private static Operation parse(byte[] contents, long at) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(contents));
        try {
            byte kind = in.readByte();
            Ticket ticket = ticket(in);
            if (kind == TOOK) {
                return new Took(ticket);
            }
            List<Long> charges = new ArrayList<>();
            for (int i = 0; i < ticket.legs().size(); i++) {
                charges.add(in.readLong());
            }
            int attempt = in.readByte();
            if (kind != FINISHED || attempt < 0 || attempt >= Attempt.values().length) {
                throw damaged(at, null);
            }
            return new Finished(ticket, charges, Attempt.values()[attempt]);
        } catch (EOFException e) {
            throw damaged(at, e);
        }
    }

    private static Ticket ticket(DataInputStream in) throws IOException {
        long id = in.readLong();
        long expires = in.readLong();
        List<Leg> legs = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            legs.add(new Leg(in.readUTF(), in.readLong(), in.readLong(), in.readLong()));
        }
        return new Ticket(id, legs, expires);
    }

    private static IOException damaged(long at, @Nullable Throwable cause) {
        return new IOException("what stands at byte " + at + " is no operation on budgets", cause);
    }
}
