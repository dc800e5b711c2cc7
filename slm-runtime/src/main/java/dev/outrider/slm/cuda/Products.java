package dev.outrider.slm.cuda;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products: which kernels, how many blocks and how much shared memory, as {@code src/main/cuda/README.md} has it. Activations
 * enter as sums of bf16 numbers ("terms").
 */
final class Products {

    /** Columns of one product of the kernels for few rows: rows times terms. */
    private static final int FEW = 8;

    /** Columns of the narrow kernels for many rows, and of the wide ones. */
    private static final int NARROW = 64;

    private static final int WIDE = 128;

    private static final int LARGEST_SPLIT = 8;

    /** Shared memory that kernels have besides what they are launched with, at most. */
    private static final int STATIC_SHARED = 1024;

    /** The norm in front of a product. */
    record InputNorm(CudaVector weight, int groups, float epsilon) {}

    /** One of several products of the same input. */
    record Target(CudaMatrix matrix, CudaRows out) {}

    private final Kernels kernels;
    private final Scratch scratch;
    private final Scratch counters;
    private final CudaOptions options;

    /** @param counters zeros, and zeros again after every product */
    Products(Kernels kernels, Scratch scratch, Scratch counters, CudaOptions options) {
        this.kernels = kernels;
        this.scratch = scratch;
        this.counters = counters;
        this.options = options;
    }

    static String suffix(CudaMatrix matrix) {
        return matrix.type().name().toLowerCase(Locale.ROOT);
    }

    /** Launches products of one input; makes sure beforehand that there is memory for what lies between the kernels. */
    Runnable plan(List<Target> targets, CudaRows in, int count, @Nullable InputNorm norm, int epilogue) {
        CudaMatrix first = targets.getFirst().matrix();
        int terms = options.terms(first.type(), count);
        int shared = fewShared(first.columns(), count, terms, norm);
        boolean oneType = targets.stream().allMatch(target -> target.matrix().type() == first.type());
        if (count * terms <= FEW && shared + STATIC_SHARED <= kernels.gpu().sharedBytes()) {
            if (oneType) {
                return () -> few(targets, in, count, terms, norm, epilogue, shared);
            }
            return () -> targets.forEach(target -> few(List.of(target), in, count, terms, norm, epilogue, shared));
        }
        Many many = new Many(count, first.columns(), terms);
        long bytes = 0;
        for (Target target : targets) {
            bytes = Math.max(bytes, many.workspaceAt() + many.workspaceBytes(target.matrix()));
            counters.reserveZeroed(many.counterBytes(target.matrix()));
        }
        scratch.reserve(bytes);
        return () -> {
            many.split(in, norm);
            targets.forEach(target -> many.multiply(target, epilogue));
        };
    }

    private static int blocks32(int columns, int multiple) {
        return Math.ceilDiv(Math.ceilDiv(columns, 32), multiple) * multiple;
    }

    private static int fewShared(int columns, int count, int terms, @Nullable InputNorm norm) {
        long scales = 4L * count * (norm == null ? 1 : norm.groups);
        long bytes = (long) blocks32(columns, 4) * count * terms * 68 + scales + 9280;
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }

    private void few(
            List<Target> targets, CudaRows in, int count, int terms, @Nullable InputNorm norm, int epilogue, int shared) {
        CudaMatrix first = targets.getFirst().matrix();
        String name = "gemv_" + suffix(first);
        KernelArguments arguments = kernels.arguments();
        int tiles = 0;
        for (int i = 0; i < 3; i++) {
            if (i < targets.size()) {
                CudaMatrix matrix = targets.get(i).matrix();
                tiles += Math.ceilDiv(matrix.rows(), 16);
                arguments
                        .pointer(matrix.address())
                        .integer(matrix.rows())
                        .pointer(targets.get(i).out().address(count, matrix.rows()));
            } else {
                arguments.pointer(0).integer(0).pointer(0);
            }
        }
        arguments
                .pointer(in.address(count, first.columns()))
                .integer(count)
                .integer(first.columns())
                .integer(terms);
        norm(arguments, norm).integer(epilogue);
        // as many blocks as fit at once, or the tiles in equal shares
        int capacity = kernels.capacity(name, 256, shared);
        int blocks = tiles <= capacity ? tiles : Math.ceilDiv(tiles, Math.ceilDiv(tiles, capacity));
        kernels.launch(name, Grid.of(blocks, 256), shared);
    }

    private static KernelArguments norm(KernelArguments arguments, @Nullable InputNorm norm) {
        return norm == null
                ? arguments.pointer(0).integer(1).real(0)
                : arguments.pointer(norm.weight.address()).integer(norm.groups).real(norm.epsilon);
    }

    /** A product of many rows: the input is split into terms first. */
    private final class Many {
        private final int count;
        private final int columns;
        private final int terms;
        private final boolean narrow;
        private final int tile;
        private final int rowTiles;
        private final int blocks;

        Many(int count, int columns, int terms) {
            this.count = count;
            this.columns = columns;
            this.terms = terms;
            narrow = count * terms <= NARROW;
            tile = narrow ? Math.ceilDiv(count * terms, 8) * 8 : WIDE;
            rowTiles = Math.ceilDiv(count, tile / terms);
            blocks = blocks32(columns, 8);
        }

        private long sumsAt() {
            return (long) rowTiles * blocks * tile * 32 * Short.BYTES;
        }

        long workspaceAt() {
            return sumsAt() + (long) rowTiles * blocks * tile * Float.BYTES;
        }

        long workspaceBytes(CudaMatrix matrix) {
            int splits = splits(matrix);
            return splits == 1 ? 0 : (long) splits * count * matrix.rows() * Float.BYTES;
        }

        long counterBytes(CudaMatrix matrix) {
            return (long) columnTiles(matrix) * rowTiles * Integer.BYTES;
        }

        private int columnTiles(CudaMatrix matrix) {
            return Math.ceilDiv(matrix.rows(), narrow ? 128 : 256);
        }

        /** Divides the inputs of a matrix with few outputs among blocks, so that all multiprocessors have something to do. */
        private int splits(CudaMatrix matrix) {
            int units = columnTiles(matrix) * rowTiles;
            int wanted = 2 * kernels.gpu().multiprocessors() / units;
            return Math.clamp(wanted, 1, Math.min(LARGEST_SPLIT, blocks / 8));
        }

        void split(CudaRows in, @Nullable InputNorm norm) {
            KernelArguments arguments = kernels.arguments()
                    .pointer(in.address(count, columns))
                    .integer(count)
                    .integer(columns)
                    .integer(tile)
                    .integer(terms);
            norm(arguments, norm)
                    .integer(0)
                    .pointer(scratch.address())
                    .pointer(scratch.address() + sumsAt());
            kernels.launch("split_rows", Grid.of(count, 256), (norm == null ? 1 : norm.groups) * 4);
        }

        void multiply(Target target, int epilogue) {
            CudaMatrix matrix = target.matrix();
            kernels.arguments()
                    .pointer(matrix.address())
                    .integer(matrix.rows())
                    .integer(matrix.columns())
                    .pointer(scratch.address())
                    .pointer(scratch.address() + sumsAt())
                    .integer(count)
                    .integer(tile)
                    .integer(terms)
                    .pointer(target.out().address(count, matrix.rows()))
                    .integer(epilogue)
                    .pointer(scratch.address() + workspaceAt())
                    .pointer(counters.address());
            // two chunks of activations, and afterwards the sums of 8 warps
            int columns = narrow ? NARROW : WIDE;
            int shared = Math.max(2 * (narrow ? 8 : 4) * tile * 68, 8 * 16 * (columns + 1) * Float.BYTES);
            kernels.launch(
                    "gemm_" + suffix(matrix) + "_" + columns,
                    Grid.of(columnTiles(matrix), splits(matrix), rowTiles, 256),
                    shared);
        }
    }
}
