package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * Matrix times several vectors. A panel of weights is unpacked to floats once and then used for all vectors, in tiles of two rows by
 * four vectors, so that eight sums live in registers and six loads feed eight multiplications. Columns are taken in blocks, so
 * that the four vectors of a tile stay in the first-level cache while the panel passes by.
 */
final class BatchedProduct {

    /** Columns per block: 16 KB of activations per tile. */
    private static final int BLOCK = 1024;

    /** Rows per panel: 128 KB of unpacked weights. */
    private static final int PANEL = 32;

    private BatchedProduct() {}

    /** Floats of scratch memory that a call needs. */
    static int scratchSize() {
        return BLOCK * PANEL;
    }

    /**
     * {@code y[v][r] (+)= row(r) . x[v]} for the rows [from, to) and all vectors.
     *
     * @param x vectors of {@code matrix.columns()} values, close together
     * @param count number of vectors
     * @param y results of {@code matrix.rows()} values per vector, close together
     * @param scratch at least {@link #scratchSize()} floats of this thread alone
     */
    static void multiply(
            CpuMatrix matrix, float[] x, int count, float[] y, int from, int to, boolean add, float[] scratch) {
        int columns = matrix.columns();
        int rows = matrix.rows();
        for (int panel = from; panel < to; panel += PANEL) {
            int panelEnd = Math.min(to, panel + PANEL);
            for (int block = 0; block < columns; block += BLOCK) {
                int width = Math.min(BLOCK, columns - block);
                for (int row = panel; row < panelEnd; row++) {
                    matrix.unpack(row, block, block + width, scratch, (row - panel) * BLOCK);
                }
                boolean addBlock = add || block > 0;
                int v = 0;
                for (; v + 4 <= count; v += 4) {
                    int row = panel;
                    for (; row + 2 <= panelEnd; row += 2) {
                        tile(scratch, (row - panel) * BLOCK, x, v * columns + block, columns, width, y, v * rows + row, rows,
                                addBlock);
                    }
                    if (row < panelEnd) {
                        for (int i = v; i < v + 4; i++) {
                            dot(scratch, (row - panel) * BLOCK, x, i * columns + block, width, y, i * rows + row, addBlock);
                        }
                    }
                }
                for (; v < count; v++) {
                    for (int row = panel; row < panelEnd; row++) {
                        dot(scratch, (row - panel) * BLOCK, x, v * columns + block, width, y, v * rows + row, addBlock);
                    }
                }
            }
        }
    }

    /** Two rows by four vectors. */
    private static void tile(
            float[] w, int a, float[] x, int xAt, int xStride, int width, float[] y, int yAt, int yStride, boolean add) {
        FloatVector s00 = FloatVector.zero(FLOATS);
        FloatVector s01 = FloatVector.zero(FLOATS);
        FloatVector s02 = FloatVector.zero(FLOATS);
        FloatVector s03 = FloatVector.zero(FLOATS);
        FloatVector s10 = FloatVector.zero(FLOATS);
        FloatVector s11 = FloatVector.zero(FLOATS);
        FloatVector s12 = FloatVector.zero(FLOATS);
        FloatVector s13 = FloatVector.zero(FLOATS);
        int b = a + BLOCK;
        int x1 = xAt + xStride;
        int x2 = x1 + xStride;
        int x3 = x2 + xStride;
        int bound = Lanes.bound(width);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector wa = FloatVector.fromArray(FLOATS, w, a + i);
            FloatVector wb = FloatVector.fromArray(FLOATS, w, b + i);
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            s00 = wa.fma(v, s00);
            s10 = wb.fma(v, s10);
            v = FloatVector.fromArray(FLOATS, x, x1 + i);
            s01 = wa.fma(v, s01);
            s11 = wb.fma(v, s11);
            v = FloatVector.fromArray(FLOATS, x, x2 + i);
            s02 = wa.fma(v, s02);
            s12 = wb.fma(v, s12);
            v = FloatVector.fromArray(FLOATS, x, x3 + i);
            s03 = wa.fma(v, s03);
            s13 = wb.fma(v, s13);
        }
        FloatVector sums = Lanes.sums(s00, s10, s01, s11);
        int y1 = yAt + yStride;
        finish(sums.lane(Lanes.SUM_A), w, a, x, xAt, bound, width, y, yAt, add);
        finish(sums.lane(Lanes.SUM_B), w, b, x, xAt, bound, width, y, yAt + 1, add);
        finish(sums.lane(Lanes.SUM_C), w, a, x, x1, bound, width, y, y1, add);
        finish(sums.lane(Lanes.SUM_D), w, b, x, x1, bound, width, y, y1 + 1, add);
        sums = Lanes.sums(s02, s12, s03, s13);
        int y2 = y1 + yStride;
        int y3 = y2 + yStride;
        finish(sums.lane(Lanes.SUM_A), w, a, x, x2, bound, width, y, y2, add);
        finish(sums.lane(Lanes.SUM_B), w, b, x, x2, bound, width, y, y2 + 1, add);
        finish(sums.lane(Lanes.SUM_C), w, a, x, x3, bound, width, y, y3, add);
        finish(sums.lane(Lanes.SUM_D), w, b, x, x3, bound, width, y, y3 + 1, add);
    }

    private static void dot(float[] w, int a, float[] x, int xAt, int width, float[] y, int yAt, boolean add) {
        FloatVector sum = FloatVector.zero(FLOATS);
        int bound = Lanes.bound(width);
        for (int i = 0; i < bound; i += COUNT) {
            sum = FloatVector.fromArray(FLOATS, w, a + i).fma(FloatVector.fromArray(FLOATS, x, xAt + i), sum);
        }
        finish(Lanes.sum(sum), w, a, x, xAt, bound, width, y, yAt, add);
    }

    /** Adds the products after the last whole vector, and stores. */
    private static void finish(
            float sum, float[] w, int a, float[] x, int xAt, int bound, int width, float[] y, int yAt, boolean add) {
        float total = sum;
        for (int i = bound; i < width; i++) {
            total += w[a + i] * x[xAt + i];
        }
        CpuMatrix.store(y, yAt, total, add);
    }
}
