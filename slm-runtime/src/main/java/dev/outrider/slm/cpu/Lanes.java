package dev.outrider.slm.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shape that all kernels use, and functions on vectors of it. Species must be {@code static final} for the compiler
 * to turn vector operations into instructions; the methods here are small enough to be inlined, which they must be, for a
 * vector that crosses a call is boxed.
 */
final class Lanes {

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

    /** Floats per vector. */
    static final int COUNT = FLOATS.length();

    /** As many bytes as a vector has floats, but at least the eight of the smallest byte vector. */
    static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 4)));

    /** 0, 1, 2, … */
    static final IntVector IOTA = IntVector.zero(INTS).addIndex(1);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    /** Where {@link #sums} puts its results. */
    static final int SUM_A = 0;

    static final int SUM_B = COUNT / 2;
    static final int SUM_C = COUNT / 4;
    static final int SUM_D = COUNT / 2 + COUNT / 4;

    private static final VectorShuffle<Float> SWAP_HALVES = swap(COUNT / 2);
    private static final VectorShuffle<Float> SWAP_QUARTERS = swap(COUNT / 4);
    private static final VectorShuffle<Float> SWAP_PAIRS = swap(COUNT >= 16 ? 2 : 0);
    private static final VectorShuffle<Float> SWAP_NEIGHBOURS = swap(COUNT >= 8 ? 1 : 0);
    private static final VectorMask<Float> UPPER_HALF = VectorMask.fromLong(FLOATS, -1L << COUNT / 2);
    private static final VectorMask<Float> ODD_QUARTERS = VectorMask.fromLong(FLOATS, oddQuarters());

    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;

    /** 1.5 times 2 to the 23: added to a small float it leaves the rounded integer in the low bits. */
    private static final float ROUND = 12_582_912f;

    private static final int EXPONENT_OF_ONE = 0x3f800000;

    private Lanes() {}

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(FLOATS, lane -> lane ^ distance);
    }

    private static long oddQuarters() {
        long bits = 0;
        for (int lane = 0; lane < COUNT; lane++) {
            bits |= lane / (COUNT / 4) % 2 == 1 ? 1L << lane : 0;
        }
        return bits;
    }

    /**
     * The sum of all lanes, halves added to halves. {@code reduceLanes(ADD)} leaves the order open: the interpreter adds from left to
     * right, compiled code does not, and the same text would get other last bits as the kernels warm up.
     */
    static float sum(FloatVector v) {
        FloatVector folded = v.add(v.rearrange(SWAP_HALVES));
        return foldQuarters(folded.add(folded.rearrange(SWAP_QUARTERS))).lane(0);
    }

    /**
     * The sums of all lanes of four vectors, each bit for bit that of {@link #sum}, for little more than the price of one: lane
     * {@link #SUM_A} holds that of {@code a}, and so on.
     */
    static FloatVector sums(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
        FloatVector ab = a.blend(b, UPPER_HALF).add(b.blend(a, UPPER_HALF).rearrange(SWAP_HALVES));
        FloatVector cd = c.blend(d, UPPER_HALF).add(d.blend(c, UPPER_HALF).rearrange(SWAP_HALVES));
        return foldQuarters(
                ab.blend(cd, ODD_QUARTERS).add(cd.blend(ab, ODD_QUARTERS).rearrange(SWAP_QUARTERS)));
    }

    /** Sums each quarter of a vector into its first lane. */
    private static FloatVector foldQuarters(FloatVector v) {
        FloatVector folded = v;
        if (COUNT >= 16) {
            folded = folded.add(folded.rearrange(SWAP_PAIRS));
        }
        if (COUNT >= 8) {
            folded = folded.add(folded.rearrange(SWAP_NEIGHBOURS));
        }
        return folded;
    }

    /** As many signed bytes as a vector has floats, or twice as many of which {@code part} says the half. */
    static FloatVector signed(MemorySegment from, long at, int part) {
        return (FloatVector)
                ByteVector.fromMemorySegment(BYTES, from, at, LITTLE_ENDIAN).convertShape(VectorOperators.B2F, FLOATS, part);
    }

    /** Upper halves of floats as floats. */
    static FloatVector upperHalves(ShortVector bits) {
        IntVector ints = (IntVector) bits.convertShape(VectorOperators.S2I, INTS, 0);
        return ints.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    /**
     * 16-bit floats as floats: sign, exponent and fraction moved to their places in 32 bits; the product with 2 to the 112 makes up for the
     * difference of the exponents' biases, subnormal numbers included.
     */
    static FloatVector halfFloats(ShortVector bits) {
        IntVector ints = (IntVector) bits.convertShape(VectorOperators.S2I, INTS, 0);
        return ints.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 3)
                .and(0x8fffffff)
                .reinterpretAsFloats()
                .mul(0x1p112f);
    }

    /** Four unsigned bytes as integers: vectors of four floats have no vector of as many bytes. */
    static IntVector four(MemorySegment from, long at) {
        return IntVector.broadcast(INTS, from.get(INT, at)).lanewise(VectorOperators.LSHR, IOTA.mul(8)).and(255);
    }

    /** Largest multiple of the vector length that is at most {@code n}. */
    static int bound(int n) {
        return n & -COUNT;
    }

    /**
     * e to the x, within 2 units in the last place; x is clamped to [-87.3, 88.3], where the result is a normal number. The
     * polynomial is that of Cephes' expf (S. Moshier).
     */
    static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.max(-87.3f).min(88.3f);
        FloatVector shifted = clamped.fma(constant(LOG2_E), constant(ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(constant(-LN2_LOW), n.fma(constant(-LN2_HIGH), clamped));
        FloatVector p = r.fma(constant(1.9875691500e-4f), constant(1.3981999507e-3f));
        p = p.fma(r, constant(8.3334519073e-3f));
        p = p.fma(r, constant(4.1665795894e-2f));
        p = p.fma(r, constant(1.6666665459e-1f));
        p = p.fma(r, constant(5.0000001201e-1f));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector scale = shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, 23)
                .add(EXPONENT_OF_ONE);
        return p.mul(scale.reinterpretAsFloats());
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    /** x / (1 + exp(-x)). */
    static FloatVector silu(FloatVector x) {
        return x.div(exp(x.neg()).add(1f));
    }

    /** x / (1 + exp(-x)), for what is left after the last whole vector. */
    static float silu(float x) {
        return (float) (x / (1 + Math.exp(-x)));
    }
}
