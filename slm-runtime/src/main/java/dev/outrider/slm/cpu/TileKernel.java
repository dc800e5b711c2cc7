package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Products of a few rows of unpacked weights with a few vectors, sums in registers. Weights lie in native memory at multiples of a cache
 * line: of an array, which begins anywhere, nearly every load of 64 bytes would touch two lines and take twice as long.
 *
 * <p>Sums go on from those of the columns before: those of row {@code r} and vector {@code v} begin at {@code from + r * fromRow + v * fromVector} and
 * end at {@code to + r * COUNT + v * toVector}.
 */
final class TileKernel {

    private TileKernel() {}

    /** Four rows by four vectors: sixteen sums, where there are 32 registers. */
    static void fourByFour(
            MemorySegment w,
            long a,
            long stride,
            int width,
            float[] x,
            int x0,
            int columns,
            float[] sums,
            int from,
            int fromRow,
            int fromVector,
            int to,
            int toVector) {
        long b = a + stride;
        long c = b + stride;
        long d = c + stride;
        int x1 = x0 + columns;
        int x2 = x1 + columns;
        int x3 = x2 + columns;
        FloatVector a0 = FloatVector.fromArray(FLOATS, sums, from);
        FloatVector b0 = FloatVector.fromArray(FLOATS, sums, from + fromRow);
        FloatVector c0 = FloatVector.fromArray(FLOATS, sums, from + 2 * fromRow);
        FloatVector d0 = FloatVector.fromArray(FLOATS, sums, from + 3 * fromRow);
        int next = from + fromVector;
        FloatVector a1 = FloatVector.fromArray(FLOATS, sums, next);
        FloatVector b1 = FloatVector.fromArray(FLOATS, sums, next + fromRow);
        FloatVector c1 = FloatVector.fromArray(FLOATS, sums, next + 2 * fromRow);
        FloatVector d1 = FloatVector.fromArray(FLOATS, sums, next + 3 * fromRow);
        next += fromVector;
        FloatVector a2 = FloatVector.fromArray(FLOATS, sums, next);
        FloatVector b2 = FloatVector.fromArray(FLOATS, sums, next + fromRow);
        FloatVector c2 = FloatVector.fromArray(FLOATS, sums, next + 2 * fromRow);
        FloatVector d2 = FloatVector.fromArray(FLOATS, sums, next + 3 * fromRow);
        next += fromVector;
        FloatVector a3 = FloatVector.fromArray(FLOATS, sums, next);
        FloatVector b3 = FloatVector.fromArray(FLOATS, sums, next + fromRow);
        FloatVector c3 = FloatVector.fromArray(FLOATS, sums, next + 2 * fromRow);
        FloatVector d3 = FloatVector.fromArray(FLOATS, sums, next + 3 * fromRow);
        for (int i = 0; i < width; i += COUNT) {
            long at = 4L * i;
            FloatVector wa = FloatVector.fromMemorySegment(FLOATS, w, a + at, LITTLE_ENDIAN);
            FloatVector wb = FloatVector.fromMemorySegment(FLOATS, w, b + at, LITTLE_ENDIAN);
            FloatVector wc = FloatVector.fromMemorySegment(FLOATS, w, c + at, LITTLE_ENDIAN);
            FloatVector wd = FloatVector.fromMemorySegment(FLOATS, w, d + at, LITTLE_ENDIAN);
            FloatVector v = FloatVector.fromArray(FLOATS, x, x0 + i);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            c0 = wc.fma(v, c0);
            d0 = wd.fma(v, d0);
            v = FloatVector.fromArray(FLOATS, x, x1 + i);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
            c1 = wc.fma(v, c1);
            d1 = wd.fma(v, d1);
            v = FloatVector.fromArray(FLOATS, x, x2 + i);
            a2 = wa.fma(v, a2);
            b2 = wb.fma(v, b2);
            c2 = wc.fma(v, c2);
            d2 = wd.fma(v, d2);
            v = FloatVector.fromArray(FLOATS, x, x3 + i);
            a3 = wa.fma(v, a3);
            b3 = wb.fma(v, b3);
            c3 = wc.fma(v, c3);
            d3 = wd.fma(v, d3);
        }
        a0.intoArray(sums, to);
        b0.intoArray(sums, to + COUNT);
        c0.intoArray(sums, to + 2 * COUNT);
        d0.intoArray(sums, to + 3 * COUNT);
        int last = to + toVector;
        a1.intoArray(sums, last);
        b1.intoArray(sums, last + COUNT);
        c1.intoArray(sums, last + 2 * COUNT);
        d1.intoArray(sums, last + 3 * COUNT);
        last += toVector;
        a2.intoArray(sums, last);
        b2.intoArray(sums, last + COUNT);
        c2.intoArray(sums, last + 2 * COUNT);
        d2.intoArray(sums, last + 3 * COUNT);
        last += toVector;
        a3.intoArray(sums, last);
        b3.intoArray(sums, last + COUNT);
        c3.intoArray(sums, last + 2 * COUNT);
        d3.intoArray(sums, last + 3 * COUNT);
    }

    /** Two rows by four vectors: eight sums, where there are 16 registers. */
    static void twoByFour(
            MemorySegment w,
            long a,
            long stride,
            int width,
            float[] x,
            int x0,
            int columns,
            float[] sums,
            int from,
            int fromRow,
            int fromVector,
            int to,
            int toVector) {
        long b = a + stride;
        int x1 = x0 + columns;
        int x2 = x1 + columns;
        int x3 = x2 + columns;
        FloatVector a0 = FloatVector.fromArray(FLOATS, sums, from);
        FloatVector b0 = FloatVector.fromArray(FLOATS, sums, from + fromRow);
        FloatVector a1 = FloatVector.fromArray(FLOATS, sums, from + fromVector);
        FloatVector b1 = FloatVector.fromArray(FLOATS, sums, from + fromVector + fromRow);
        FloatVector a2 = FloatVector.fromArray(FLOATS, sums, from + 2 * fromVector);
        FloatVector b2 = FloatVector.fromArray(FLOATS, sums, from + 2 * fromVector + fromRow);
        FloatVector a3 = FloatVector.fromArray(FLOATS, sums, from + 3 * fromVector);
        FloatVector b3 = FloatVector.fromArray(FLOATS, sums, from + 3 * fromVector + fromRow);
        for (int i = 0; i < width; i += COUNT) {
            FloatVector wa = FloatVector.fromMemorySegment(FLOATS, w, a + 4L * i, LITTLE_ENDIAN);
            FloatVector wb = FloatVector.fromMemorySegment(FLOATS, w, b + 4L * i, LITTLE_ENDIAN);
            FloatVector v = FloatVector.fromArray(FLOATS, x, x0 + i);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            v = FloatVector.fromArray(FLOATS, x, x1 + i);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
            v = FloatVector.fromArray(FLOATS, x, x2 + i);
            a2 = wa.fma(v, a2);
            b2 = wb.fma(v, b2);
            v = FloatVector.fromArray(FLOATS, x, x3 + i);
            a3 = wa.fma(v, a3);
            b3 = wb.fma(v, b3);
        }
        a0.intoArray(sums, to);
        b0.intoArray(sums, to + COUNT);
        a1.intoArray(sums, to + toVector);
        b1.intoArray(sums, to + toVector + COUNT);
        a2.intoArray(sums, to + 2 * toVector);
        b2.intoArray(sums, to + 2 * toVector + COUNT);
        a3.intoArray(sums, to + 3 * toVector);
        b3.intoArray(sums, to + 3 * toVector + COUNT);
    }

    /** Four rows by one vector. */
    static void fourByOne(
            MemorySegment w,
            long a,
            long stride,
            int width,
            float[] x,
            int xAt,
            float[] sums,
            int from,
            int fromRow,
            int to) {
        long b = a + stride;
        long c = b + stride;
        long d = c + stride;
        FloatVector sa = FloatVector.fromArray(FLOATS, sums, from);
        FloatVector sb = FloatVector.fromArray(FLOATS, sums, from + fromRow);
        FloatVector sc = FloatVector.fromArray(FLOATS, sums, from + 2 * fromRow);
        FloatVector sd = FloatVector.fromArray(FLOATS, sums, from + 3 * fromRow);
        for (int i = 0; i < width; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            sa = FloatVector.fromMemorySegment(FLOATS, w, a + 4L * i, LITTLE_ENDIAN).fma(v, sa);
            sb = FloatVector.fromMemorySegment(FLOATS, w, b + 4L * i, LITTLE_ENDIAN).fma(v, sb);
            sc = FloatVector.fromMemorySegment(FLOATS, w, c + 4L * i, LITTLE_ENDIAN).fma(v, sc);
            sd = FloatVector.fromMemorySegment(FLOATS, w, d + 4L * i, LITTLE_ENDIAN).fma(v, sd);
        }
        sa.intoArray(sums, to);
        sb.intoArray(sums, to + COUNT);
        sc.intoArray(sums, to + 2 * COUNT);
        sd.intoArray(sums, to + 3 * COUNT);
    }
}
