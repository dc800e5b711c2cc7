package dev.outrider.slm.cuda;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.TensorType;

/**
 * Brings matrices to the GPU, from where the file is mapped: a piece of whole tiles at a time as it is stored, which a kernel there puts into the
 * order in which products read it. Bytes and layouts are those of {@code src/main/cuda/README.md}.
 */
final class WeightLoader {

    /** Rows of a tile. */
    private static final int TILE = 16;

    private static final long PIECE_BYTES = 16L << 20;

    private final CudaContext context;
    private final CudaStream stream;
    private final Kernels kernels;
    private final Uploader uploader;

    WeightLoader(CudaContext context, CudaStream stream, Kernels kernels, Uploader uploader) {
        this.context = context;
        this.stream = stream;
        this.kernels = kernels;
        this.uploader = uploader;
    }

    static boolean supports(TensorType type) {
        return switch (type) {
            case F32, F16, BF16, Q8_0, Q5_0, Q5_1, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K -> true;
            default -> false;
        };
    }

    /** Bytes that a matrix takes on the GPU. */
    static long bytes(TensorType type, long rows, long columns) {
        long unit =
                switch (type) {
                    case F32 -> 2048;
                    case F16, BF16 -> 1024;
                    case Q8_0 -> 1088;
                    case Q4_0 -> 1152;
                    case Q4_1 -> 1280;
                    case Q5_0 -> 1408;
                    case Q5_1 -> 1536;
                    case Q4_K -> 1216;
                    case Q5_K -> 1472;
                    case Q6_K -> 1728;
                    default -> throw new IllegalArgumentException("no kernel for " + type);
                };
        int blocks =
                switch (type) {
                    case F32, F16, BF16 -> 1;
                    case Q8_0 -> 2;
                    default -> 4;
                };
        return Math.ceilDiv(rows, TILE) * Math.ceilDiv(columns, 32L * blocks) * unit;
    }

    CudaMatrix load(GgufTensor tensor, int rows, int columns) {
        TensorType type = tensor.type();
        DeviceMemory memory = context.allocate(bytes(type, rows, columns), "the weights " + tensor.name());
        CudaMatrix matrix = new CudaMatrix(type, rows, columns, memory);
        long rowBytes = (long) Math.ceilDiv(columns, type.valuesPerBlock()) * type.bytesPerBlock();
        int most = (int) Math.max(TILE, PIECE_BYTES / rowBytes / TILE * TILE);
        try (DeviceMemory raw = context.allocate(Math.min(rows, most) * rowBytes, "a buffer for weights")) {
            for (int first = 0; first < rows; first += most) {
                int some = Math.min(most, rows - first);
                MemorySegment piece = tensor.data().asSlice(first * rowBytes, some * rowBytes);
                uploader.upload(piece, raw.address());
                repack(matrix, raw.address(), first, some);
            }
            stream.synchronize(); // before the buffer goes, and to learn of errors here
            return matrix;
        } catch (Throwable t) {
            memory.close();
            throw t;
        }
    }

    /** A matrix of the same rows again and again. */
    CudaMatrix repeated(TensorType type, int rows, int columns, MemorySegment piece) {
        long rowBytes = (long) Math.ceilDiv(columns, type.valuesPerBlock()) * type.bytesPerBlock();
        int some = (int) (piece.byteSize() / rowBytes);
        if (some % TILE != 0 || some == 0) {
            throw new IllegalArgumentException("a piece of " + some + " rows, must be a multiple of " + TILE);
        }
        DeviceMemory memory = context.allocate(bytes(type, rows, columns), "made-up weights");
        CudaMatrix matrix = new CudaMatrix(type, rows, columns, memory);
        try (DeviceMemory raw = context.allocate(some * rowBytes, "a buffer for weights")) {
            uploader.upload(piece.asSlice(0, some * rowBytes), raw.address());
            for (int first = 0; first < rows; first += some) {
                repack(matrix, raw.address(), first, Math.min(some, rows - first));
            }
            stream.synchronize();
            return matrix;
        } catch (Throwable t) {
            memory.close();
            throw t;
        }
    }

    /** Puts rows that lie on the GPU as a file stores them in their place. */
    void repack(CudaMatrix matrix, long raw, int first, int rows) {
        context.enter();
        kernels.arguments()
                .pointer(raw)
                .integer(first)
                .integer(rows)
                .integer(matrix.rows())
                .integer(matrix.columns())
                .pointer(matrix.address());
        String name = "repack_" + matrix.type().name().toLowerCase(Locale.ROOT);
        kernels.launch(name, Grid.of(Math.ceilDiv(rows, TILE), 256), 0);
    }
}
