package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Matrix times one vector or several.
 *
 * <p>With several, a panel of weights is unpacked to floats once and then used for all vectors, in tiles of four rows by four vectors, so
 * that sixteen sums live in registers and eight loads feed sixteen multiplications ({@link TileKernel}); vectors that are left over go one by one.
 * A panel is a few long rows, for weights come from memory fastest as long runs of addresses; columns beyond a block wait for the next panel. Before
 * a panel is multiplied the next one is asked for, so that memory does not wait for arithmetic.
 *
 * <p>Every product has one vector of sums over all columns, carried from block to block and folded at the end, then what is left after the
 * last whole vector is added. So how many vectors are multiplied at once changes no bit of any product.
 *
 * <p>Kernels end by storing vectors and {@link #fold} begins by loading them: folding takes many operations, and within a kernel it would
 * exhaust the compiler's limits on what it inlines, which leaves vectors boxed.
 *
 * <p>One instance serves one thread.
 */
final class MatrixProduct {

    /** Columns per block: 64 KB of activations per tile. */
    private static final int BLOCK = 4096;

    /** Rows per panel: at most 128 KB of unpacked weights. */
    private static final int PANEL = 8;

    /** Rows whose sums for a single vector are kept before they are folded: two runs of addresses, each of half of them. */
    private static final int SINGLE_PANEL = 256;

    private static final int CACHE_LINE = 64;

    /** From row to row of a panel: a power of two would have all rows compete for the same places in the cache. */
    private static final long ROW_BYTES = (long) BLOCK * Float.BYTES + CACHE_LINE;

    /** Vectors of eight floats are those of AVX2, which has 16 registers of them; there are 32 of the others. */
    private static final int TILE_ROWS = COUNT == 8 ? 2 : 4;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment panel = arena.allocate(PANEL * ROW_BYTES, CACHE_LINE);
    private final float[] folded = new float[SINGLE_PANEL];
    private final MemorySegment rest = arena.allocate(4L * COUNT, CACHE_LINE);

    /** A vector of zeros, with which sums begin; then sums up to the block at hand, {@code [vector][row][lane]}. */
    private float[] sums = new float[(SINGLE_PANEL + 1) * COUNT];

    private float[] x = {};
    private float[] y = {};
    private int columns;
    private int outputs;
    private boolean add;

    // the panel and the block at hand
    private int firstRow;
    private int end;
    private int block;
    private int width;

    /** What {@link CpuMatrix#fetch} returned, kept so that the compiler cannot leave the reads out. */
    private int fetched;

    /**
     * {@code y[v][r] (+)= row(r) . x[v]} for the rows [from, to) and all vectors.
     *
     * @param x vectors of {@code matrix.columns()} values, close together
     * @param count number of vectors
     * @param y results of {@code matrix.rows()} values per vector, close together
     */
    void multiply(CpuMatrix matrix, float[] x, int count, float[] y, int from, int to, boolean add) {
        this.x = x;
        this.y = y;
        this.add = add;
        columns = matrix.columns();
        outputs = matrix.rows();
        end = to;
        int step = count == 1 ? SINGLE_PANEL : PANEL;
        for (firstRow = from; firstRow < to; firstRow += step) {
            int rows = Math.min(step, to - firstRow);
            if (count == 1) {
                matrix.multiply(x, 0, firstRow, firstRow + rows, sums, COUNT);
                fold(sums, COUNT, rows, folded);
                store(matrix, rows, 0);
            } else {
                panel(matrix, rows, count);
            }
        }
    }

    /** Writes a whole row of a matrix as floats. */
    void unpack(CpuMatrix matrix, int row, float[] out, int at) {
        for (int from = 0; from < matrix.columns(); from += BLOCK) {
            int count = Math.min(BLOCK, matrix.columns() - from);
            matrix.unpack(row, from, from + count, panel, 0);
            MemorySegment.copy(panel, CpuMatrix.FLOAT, 0, out, at + from, count);
        }
    }

    private void panel(CpuMatrix matrix, int rows, int count) {
        if (columns > BLOCK && sums.length < (count * PANEL + 1) * COUNT) {
            sums = new float[(count * PANEL + 1) * COUNT];
        }
        for (block = 0; block < columns; block += BLOCK) {
            width = Math.min(BLOCK, columns - block);
            for (int row = 0; row < rows; row++) {
                matrix.unpack(firstRow + row, block, block + width, panel, row * ROW_BYTES);
            }
            fetchNext(matrix, rows);
            // sums begin with the zeros at 0
            boolean first = block == 0;
            int bound = Lanes.bound(width);
            int v = 0;
            for (; v + 4 <= count; v += 4) {
                // rows of the panel beyond the last one are computed with the others, and not looked at
                for (int row = 0; row < rows; row += TILE_ROWS) {
                    tile(row, v, bound, first);
                }
                store(matrix, rows, v, 4);
            }
            for (; v < count; v++) {
                for (int row = 0; row < rows; row += 4) {
                    int at = carried(row, v);
                    TileKernel.fourByOne(
                            panel, row * ROW_BYTES, ROW_BYTES, bound, x, v * columns + block, sums, first ? 0 : at, first ? 0 : COUNT, at);
                }
                store(matrix, rows, v, 1);
            }
        }
    }

    /** Asks for the weights that will be unpacked next: the following columns of these rows, or the following rows. */
    private void fetchNext(CpuMatrix matrix, int rows) {
        int next = block + BLOCK;
        if (next < columns) {
            fetched += matrix.fetch(firstRow, firstRow + rows, next, Math.min(columns, next + BLOCK));
        } else {
            fetched += matrix.fetch(firstRow + rows, Math.min(end, firstRow + rows + PANEL), 0, Math.min(columns, BLOCK));
        }
    }

    private void tile(int row, int v, int bound, boolean first) {
        int at = carried(row, v);
        int from = first ? 0 : at;
        int fromRow = first ? 0 : COUNT;
        int fromVector = first ? 0 : PANEL * COUNT;
        int xAt = v * columns + block;
        long a = row * ROW_BYTES;
        if (TILE_ROWS == 4) {
            TileKernel.fourByFour(
                    panel, a, ROW_BYTES, bound, x, xAt, columns, sums, from, fromRow, fromVector, at, PANEL * COUNT);
        } else {
            TileKernel.twoByFour(
                    panel, a, ROW_BYTES, bound, x, xAt, columns, sums, from, fromRow, fromVector, at, PANEL * COUNT);
        }
    }

    /** Where the sums of a row and a vector are kept; with a single block of columns only until four vectors are done. */
    private int carried(int row, int v) {
        return ((columns > BLOCK ? v : v & 3) * PANEL + row + 1) * COUNT;
    }

    /** After the last block of columns, turns the sums of some vectors into results. */
    private void store(CpuMatrix matrix, int rows, int v, int count) {
        if (block + width == columns) {
            for (int i = v; i < v + count; i++) {
                fold(sums, carried(0, i), rows, folded);
                store(matrix, rows, i);
            }
        }
    }

    private void store(CpuMatrix matrix, int rows, int v) {
        int at = v * outputs + firstRow;
        int bound = Lanes.bound(columns);
        for (int row = 0; row < rows; row++) {
            float result = folded[row];
            if (bound < columns) {
                result += tail(matrix, firstRow + row, v, bound);
            }
            y[at + row] = add ? y[at + row] + result : result;
        }
    }

    /** The products after the last whole vector. */
    private float tail(CpuMatrix matrix, int row, int v, int bound) {
        matrix.unpack(row, bound, columns, rest, 0);
        float sum = 0;
        for (int i = bound; i < columns; i++) {
            sum += rest.get(CpuMatrix.FLOAT, 4L * (i - bound)) * x[v * columns + i];
        }
        return sum;
    }

    /** {@code out[i]} = the sum of the lanes of vector {@code i}. */
    static void fold(float[] vectors, int at, int count, float[] out) {
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            int from = at + i * COUNT;
            FloatVector folded = Lanes.sums(
                    FloatVector.fromArray(FLOATS, vectors, from),
                    FloatVector.fromArray(FLOATS, vectors, from + COUNT),
                    FloatVector.fromArray(FLOATS, vectors, from + 2 * COUNT),
                    FloatVector.fromArray(FLOATS, vectors, from + 3 * COUNT));
            out[i] = folded.lane(Lanes.SUM_A);
            out[i + 1] = folded.lane(Lanes.SUM_B);
            out[i + 2] = folded.lane(Lanes.SUM_C);
            out[i + 3] = folded.lane(Lanes.SUM_D);
        }
        for (; i < count; i++) {
            out[i] = Lanes.sum(FloatVector.fromArray(FLOATS, vectors, at + i * COUNT));
        }
    }
}
