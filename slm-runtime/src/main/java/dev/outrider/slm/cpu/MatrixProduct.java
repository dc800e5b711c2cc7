package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * Matrix times one vector or several.
 *
 * <p>With several, a panel of weights is unpacked to floats once and then used for all vectors, in tiles of two rows by four vectors, so
 * that eight sums live in registers and six loads feed eight multiplications; vectors that are left over take four rows at a time.
 * Columns are taken in blocks, so that the four vectors of a tile stay in the first-level cache while the panel passes by.
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

    /** Columns per block: 16 KB of activations per tile. */
    private static final int BLOCK = 1024;

    /** Rows per panel: 128 KB of unpacked weights. */
    private static final int PANEL = 32;

    private final float[] folded = new float[PANEL];
    private final float[] rest = new float[COUNT];

    /** A vector of zeros, with which sums begin; then sums up to the block at hand, {@code [vector][row][lane]}. */
    private float[] sums = new float[(4 * PANEL + 1) * COUNT];

    private float[] panel = {};
    private float[] x = {};
    private float[] y = {};
    private int columns;
    private int outputs;
    private boolean add;

    // the panel and the block at hand
    private int firstRow;
    private int block;
    private int width;

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
        for (firstRow = from; firstRow < to; firstRow += PANEL) {
            int rows = Math.min(PANEL, to - firstRow);
            if (count == 1) {
                matrix.multiply(x, 0, firstRow, firstRow + rows, sums, COUNT);
                fold(sums, COUNT, rows, folded);
                store(matrix, rows, 0);
            } else {
                panel(matrix, rows, count);
            }
        }
    }

    private void panel(CpuMatrix matrix, int rows, int count) {
        if (panel.length == 0) {
            panel = new float[BLOCK * PANEL];
        }
        if (columns > BLOCK && sums.length < (count * PANEL + 1) * COUNT) {
            sums = new float[(count * PANEL + 1) * COUNT];
        }
        for (block = 0; block < columns; block += BLOCK) {
            width = Math.min(BLOCK, columns - block);
            for (int row = 0; row < rows; row++) {
                matrix.unpack(firstRow + row, block, block + width, panel, row * BLOCK);
            }
            int v = 0;
            for (; v + 4 <= count; v += 4) {
                fourVectors(rows, v);
                store(matrix, rows, v, 4);
            }
            for (; v < count; v++) {
                oneVector(rows, v);
                store(matrix, rows, v, 1);
            }
        }
    }

    private void fourVectors(int rows, int v) {
        int row = 0;
        for (; row + 2 <= rows; row += 2) {
            tile(row, v);
        }
        if (row < rows) {
            for (int i = v; i < v + 4; i++) {
                dot(row, i);
            }
        }
    }

    private void oneVector(int rows, int v) {
        int row = 0;
        for (; row + 4 <= rows; row += 4) {
            column(row, v);
        }
        for (; row < rows; row++) {
            dot(row, v);
        }
    }

    /** Two rows by four vectors. */
    private void tile(int row, int v) {
        float[] w = panel;
        float[] in = x;
        float[] carried = sums;
        int a = row * BLOCK;
        int b = a + BLOCK;
        int x0 = v * columns + block;
        int x1 = x0 + columns;
        int x2 = x1 + columns;
        int x3 = x2 + columns;
        FloatVector s00 = FloatVector.fromArray(FLOATS, carried, before(row, v));
        FloatVector s01 = FloatVector.fromArray(FLOATS, carried, before(row, v + 1));
        FloatVector s02 = FloatVector.fromArray(FLOATS, carried, before(row, v + 2));
        FloatVector s03 = FloatVector.fromArray(FLOATS, carried, before(row, v + 3));
        FloatVector s10 = FloatVector.fromArray(FLOATS, carried, before(row + 1, v));
        FloatVector s11 = FloatVector.fromArray(FLOATS, carried, before(row + 1, v + 1));
        FloatVector s12 = FloatVector.fromArray(FLOATS, carried, before(row + 1, v + 2));
        FloatVector s13 = FloatVector.fromArray(FLOATS, carried, before(row + 1, v + 3));
        int bound = Lanes.bound(width);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector wa = FloatVector.fromArray(FLOATS, w, a + i);
            FloatVector wb = FloatVector.fromArray(FLOATS, w, b + i);
            FloatVector value = FloatVector.fromArray(FLOATS, in, x0 + i);
            s00 = wa.fma(value, s00);
            s10 = wb.fma(value, s10);
            value = FloatVector.fromArray(FLOATS, in, x1 + i);
            s01 = wa.fma(value, s01);
            s11 = wb.fma(value, s11);
            value = FloatVector.fromArray(FLOATS, in, x2 + i);
            s02 = wa.fma(value, s02);
            s12 = wb.fma(value, s12);
            value = FloatVector.fromArray(FLOATS, in, x3 + i);
            s03 = wa.fma(value, s03);
            s13 = wb.fma(value, s13);
        }
        s00.intoArray(carried, after(row, v));
        s01.intoArray(carried, after(row, v + 1));
        s02.intoArray(carried, after(row, v + 2));
        s03.intoArray(carried, after(row, v + 3));
        s10.intoArray(carried, after(row + 1, v));
        s11.intoArray(carried, after(row + 1, v + 1));
        s12.intoArray(carried, after(row + 1, v + 2));
        s13.intoArray(carried, after(row + 1, v + 3));
    }

    /** Four rows by one vector. */
    private void column(int row, int v) {
        float[] w = panel;
        float[] in = x;
        float[] carried = sums;
        int a = row * BLOCK;
        int at = v * columns + block;
        FloatVector s0 = FloatVector.fromArray(FLOATS, carried, before(row, v));
        FloatVector s1 = FloatVector.fromArray(FLOATS, carried, before(row + 1, v));
        FloatVector s2 = FloatVector.fromArray(FLOATS, carried, before(row + 2, v));
        FloatVector s3 = FloatVector.fromArray(FLOATS, carried, before(row + 3, v));
        int bound = Lanes.bound(width);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector value = FloatVector.fromArray(FLOATS, in, at + i);
            s0 = FloatVector.fromArray(FLOATS, w, a + i).fma(value, s0);
            s1 = FloatVector.fromArray(FLOATS, w, a + BLOCK + i).fma(value, s1);
            s2 = FloatVector.fromArray(FLOATS, w, a + 2 * BLOCK + i).fma(value, s2);
            s3 = FloatVector.fromArray(FLOATS, w, a + 3 * BLOCK + i).fma(value, s3);
        }
        s0.intoArray(carried, after(row, v));
        s1.intoArray(carried, after(row + 1, v));
        s2.intoArray(carried, after(row + 2, v));
        s3.intoArray(carried, after(row + 3, v));
    }

    private void dot(int row, int v) {
        float[] w = panel;
        float[] in = x;
        int a = row * BLOCK;
        int at = v * columns + block;
        FloatVector sum = FloatVector.fromArray(FLOATS, sums, before(row, v));
        int bound = Lanes.bound(width);
        for (int i = 0; i < bound; i += COUNT) {
            sum = FloatVector.fromArray(FLOATS, w, a + i).fma(FloatVector.fromArray(FLOATS, in, at + i), sum);
        }
        sum.intoArray(sums, after(row, v));
    }

    /** Where the sums of a row and a vector over the blocks before this one are. */
    private int before(int row, int v) {
        return block == 0 ? 0 : after(row, v);
    }

    /** Where they are kept; with a single block of columns only until four vectors are done. */
    private int after(int row, int v) {
        return ((columns > BLOCK ? v : v & 3) * PANEL + row + 1) * COUNT;
    }

    /** After the last block of columns, turns the sums of some vectors into results. */
    private void store(CpuMatrix matrix, int rows, int v, int count) {
        if (block + width == columns) {
            for (int i = v; i < v + count; i++) {
                fold(sums, after(0, i), rows, folded);
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
            sum += rest[i - bound] * x[v * columns + i];
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
