// How weights lie in device memory, and how a lane unpacks its share. See "Weights" in README.md; ggml's formulas are in ggml-quants.c.
#pragma once

#include "device.cuh"

/** Elements of a block of 32 in the order of quarters: element 16h + 4t + j has place 8t + 4h + j. */
DEVICE int place_of(int element) { return 8 * ((element & 15) >> 2) + 4 * (element >> 4) + (element & 3); }

DEVICE int element_at(int place) { return 16 * ((place >> 2) & 1) + 4 * (place >> 3) + (place & 3); }

/** A plane that a format does not have. */
struct None {};

DEVICE u32 word(const uint4& v, int i) { return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w; }

DEVICE u32 word(const uint2& v, int i) { return i == 0 ? v.x : v.y; }

/** What one lane holds of one group of columns of one row. */
template <class F>
struct Share {
    uint4 quants[F::VECTORS];
    typename F::High high;
    typename F::Scales scales;
    typename F::Super super;
};

template <class P>
struct Plane {
    static constexpr int BYTES = sizeof(P);
};
template <>
struct Plane<None> {
    static constexpr int BYTES = 0;
};

template <class P>
DEVICE void fetch(P& to, const u8* from) {
    to = *reinterpret_cast<const P*>(from);
}
DEVICE void fetch(None&, const u8*) {}

template <class F>
struct Lane;

/** A matrix in device memory. */
template <class F>
struct Matrix {
    const u8* quants;
    const u8* high;
    const u8* scales;
    const u8* super;
    int tiles;
    int groups;

    static DEVICE int groups_of(int n_in) { return div_up(n_in, 32 * F::BLOCKS); }

    DEVICE Matrix(const void* memory, int n_out, int n_in) {
        tiles = div_up(n_out, 16);
        groups = groups_of(n_in);
        u64 units = (u64)tiles * groups;
        quants = static_cast<const u8*>(memory);
        high = quants + units * F::VECTORS * 1024;
        scales = high + units * 64 * Plane<typename F::High>::BYTES;
        super = scales + units * 16 * Plane<typename F::Scales>::BYTES;
    }

    /** Row `row_in_tile` of a tile, quarter `t`. */
    DEVICE void load(Share<F>& share, int tile, int group, int row_in_tile, int t) const {
        Lane<F> lane(*this, tile, group, row_in_tile, t);
        lane.load(share, 0);
    }
};

/** Where one lane's shares are, from a group of a tile on. */
template <class F>
struct Lane {
    const u8* quants;
    const u8* high;
    const u8* scales;
    const u8* super;

    DEVICE Lane(const Matrix<F>& m, int tile, int group, int row_in_tile, int t) {
        u64 unit = (u64)tile * m.groups + group;
        int half = row_in_tile >> 3;
        int lane = 4 * (row_in_tile & 7) + t;
        quants = m.quants + (unit * 2 + half) * F::VECTORS * 512 + lane * 16;
        high = m.high + (unit * 64 + half * 32 + lane) * Plane<typename F::High>::BYTES;
        scales = m.scales + (unit * 16 + row_in_tile) * Plane<typename F::Scales>::BYTES;
        super = m.super + (unit / 2 * 16 + row_in_tile) * Plane<typename F::Super>::BYTES;
    }

    /** The share `groups` groups further on, of the same row or, with `half`, 8 rows below. Two groups share a super scale: begin at an even one, or go by twos. */
    DEVICE void load(Share<F>& share, u32 groups, int half = 0) const {
        const u8* q = quants + (u64)groups * (F::VECTORS * 1024) + half * F::VECTORS * 512;
#pragma unroll
        for (int v = 0; v < F::VECTORS; v++) share.quants[v] = load_once(reinterpret_cast<const uint4*>(q + 512 * v));
        fetch(share.high, high + ((u64)groups * 64 + half * 32) * Plane<typename F::High>::BYTES);
        fetch(share.scales, scales + ((u64)groups * 16 + half * 8) * Plane<typename F::Scales>::BYTES);
        fetch(share.super, super + ((u64)(groups / 2) * 16 + half * 8) * Plane<typename F::Super>::BYTES);
    }
};

/** Weights are sums of `terms` bf16; BLOCKS blocks of 32 columns make a group, which a lane reads with VECTORS 16-byte loads. */
template <int BLOCK_COUNT, int VECTOR_COUNT, int TERM_COUNT, bool HAS_SCALE, bool HAS_OFFSET, int STEP_SCALES, class H, class S, class U>
struct Shape {
    static constexpr int BLOCKS = BLOCK_COUNT;
    static constexpr int VECTORS = VECTOR_COUNT;
    static constexpr int TERMS = TERM_COUNT;
    static constexpr bool SCALED = HAS_SCALE;
    /** Whether value = scale * quant + offset. */
    static constexpr bool OFFSET = HAS_OFFSET;
    /** Whether the first and the second 16 columns of a block have scales of their own. */
    static constexpr bool HALF_SCALES = STEP_SCALES == 2;
    typedef H High;
    typedef S Scales;
    typedef U Super;
};

/** 128 + n as bf16 for n below 128: its last place is 1. */
static constexpr u32 BF16_128 = 0x43004300u;
static constexpr u32 BF16_MINUS_128 = 0xc300c300u;

struct f32 : Shape<1, 2, 3, false, false, 1, None, None, None> {
    static DEVICE void pairs(const Share<f32>& s, int, int term, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
            float low = __uint_as_float(word(s.quants[p >> 1], 2 * (p & 1)));
            float high = __uint_as_float(word(s.quants[p >> 1], 2 * (p & 1) + 1));
#pragma unroll
            for (int i = 0; i < term; i++) {
                low -= truncated(low);
                high -= truncated(high);
            }
            out[p] = upper_halves(low, high);
        }
    }
    static DEVICE float scale(const Share<f32>&, int, int) { return 1.0f; }
    static DEVICE float offset(const Share<f32>&, int) { return 0.0f; }
};

struct f16 : Shape<1, 1, 2, false, false, 1, None, None, None> {
    static DEVICE void pairs(const Share<f16>& s, int, int term, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
            u32 w = word(s.quants[0], p);
            float low = half_to_float(w & 0xffffu);
            float high = half_to_float(w >> 16);
            if (term == 1) {
                low -= truncated(low);
                high -= truncated(high);
            }
            out[p] = upper_halves(low, high);
        }
    }
    static DEVICE float scale(const Share<f16>&, int, int) { return 1.0f; }
    static DEVICE float offset(const Share<f16>&, int) { return 0.0f; }
};

struct bf16 : Shape<1, 1, 1, false, false, 1, None, None, None> {
    static DEVICE void pairs(const Share<bf16>& s, int, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = word(s.quants[0], p);
    }
    static DEVICE float scale(const Share<bf16>&, int, int) { return 1.0f; }
    static DEVICE float offset(const Share<bf16>&, int) { return 0.0f; }
};

struct q8_0 : Shape<2, 1, 1, true, false, 1, None, u32, None> {
    /** Bytes 0 and 2 of a word are one pair, 1 and 3 the next. The sign bit adds 128 to the number that is taken away. */
    static DEVICE void pairs(const Share<q8_0>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
            u32 w = word(s.quants[0], 2 * block + (p >> 1)) >> (8 * (p & 1));
            out[p] = bf16_add((w & 0x007f007fu) | BF16_128, (w & 0x00800080u) | BF16_MINUS_128);
        }
    }
    static DEVICE float scale(const Share<q8_0>& s, int block, int) { return half_to_float((s.scales >> (16 * block)) & 0xffffu); }
    static DEVICE float offset(const Share<q8_0>&, int) { return 0.0f; }
};

/** Pair p of a quarter of 4-bit numbers: bits 4p and 16 + 4p on. */
DEVICE u32 nibbles(const uint4& quants, int block, int p) { return (word(quants, block) >> (4 * p)) & 0x000f000fu; }

/** The fifth bits of the same pair, from bit 4 block + p and 16 above it. */
DEVICE u32 fifth_bits(u32 high, int block, int p) {
    int from = 4 * block + p;
    return (from >= 4 ? high >> (from - 4) : high << (4 - from)) & 0x00100010u;
}

/** n - zero as bf16 pairs. */
DEVICE u32 centred(u32 n, u32 zero) { return bf16_add(n | BF16_128, BF16_MINUS_128 | zero << 16 | zero); }

struct q4_0 : Shape<4, 1, 1, true, false, 1, None, uint2, None> {
    static DEVICE void pairs(const Share<q4_0>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = centred(nibbles(s.quants[0], block, p), 8);
    }
    static DEVICE float scale(const Share<q4_0>& s, int block, int) {
        return half_to_float((word(s.scales, block >> 1) >> (16 * (block & 1))) & 0xffffu);
    }
    static DEVICE float offset(const Share<q4_0>&, int) { return 0.0f; }
};

struct q4_1 : Shape<4, 1, 1, true, true, 1, None, uint4, None> {
    static DEVICE void pairs(const Share<q4_1>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = centred(nibbles(s.quants[0], block, p), 0);
    }
    static DEVICE float scale(const Share<q4_1>& s, int block, int) { return half_to_float(word(s.scales, block) & 0xffffu); }
    static DEVICE float offset(const Share<q4_1>& s, int block) { return half_to_float(word(s.scales, block) >> 16); }
};

struct q5_0 : Shape<4, 1, 1, true, false, 1, u32, uint2, None> {
    static DEVICE void pairs(const Share<q5_0>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = centred(nibbles(s.quants[0], block, p) | fifth_bits(s.high, block, p), 16);
    }
    static DEVICE float scale(const Share<q5_0>& s, int block, int) {
        return half_to_float((word(s.scales, block >> 1) >> (16 * (block & 1))) & 0xffffu);
    }
    static DEVICE float offset(const Share<q5_0>&, int) { return 0.0f; }
};

struct q5_1 : Shape<4, 1, 1, true, true, 1, u32, uint4, None> {
    static DEVICE void pairs(const Share<q5_1>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = centred(nibbles(s.quants[0], block, p) | fifth_bits(s.high, block, p), 0);
    }
    static DEVICE float scale(const Share<q5_1>& s, int block, int) { return half_to_float(word(s.scales, block) & 0xffffu); }
    static DEVICE float offset(const Share<q5_1>& s, int block) { return half_to_float(word(s.scales, block) >> 16); }
};

/** K formats: the first word holds 4 scales of a byte each, the second 4 minima; both are multiples of the super block's. */
template <class F>
DEVICE float k_scale(const Share<F>& s, int block) {
    return half_to_float(s.super & 0xffffu) * (float)((s.scales.x >> (8 * block)) & 0xffu);
}

template <class F>
DEVICE float k_offset(const Share<F>& s, int block) {
    return -(half_to_float(s.super >> 16) * (float)((s.scales.y >> (8 * block)) & 0xffu));
}

struct q4_k : Shape<4, 1, 1, true, true, 1, None, uint2, u32> {
    static DEVICE void pairs(const Share<q4_k>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = centred(nibbles(s.quants[0], block, p), 0);
    }
    static DEVICE float scale(const Share<q4_k>& s, int block, int) { return k_scale(s, block); }
    static DEVICE float offset(const Share<q4_k>& s, int block) { return k_offset(s, block); }
};

struct q5_k : Shape<4, 1, 1, true, true, 1, u32, uint2, u32> {
    static DEVICE void pairs(const Share<q5_k>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) out[p] = centred(nibbles(s.quants[0], block, p) | fifth_bits(s.high, block, p), 0);
    }
    static DEVICE float scale(const Share<q5_k>& s, int block, int) { return k_scale(s, block); }
    static DEVICE float offset(const Share<q5_k>& s, int block) { return k_offset(s, block); }
};

struct q6_k : Shape<4, 1, 1, true, false, 2, uint2, uint2, u32> {
    /** Two high bits a weight: word block / 2, from bit 8 (block % 2) + 2p and 16 above it. */
    static DEVICE void pairs(const Share<q6_k>& s, int block, int, u32 (&out)[4]) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
            u32 high = word(s.high, block >> 1);
            int from = 8 * (block & 1) + 2 * p;
            u32 bits = (from >= 4 ? high >> (from - 4) : high << (4 - from)) & 0x00300030u;
            out[p] = centred(nibbles(s.quants[0], block, p) | bits, 32);
        }
    }
    /** Word `step` holds the scales of the first or the second 16 columns of 4 blocks, as signed bytes. */
    static DEVICE float scale(const Share<q6_k>& s, int block, int step) {
        int byte = (int)(word(s.scales, step) << (24 - 8 * block)) >> 24;
        return half_to_float(s.super & 0xffffu) * (float)byte;
    }
    static DEVICE float offset(const Share<q6_k>&, int) { return 0.0f; }
};

#define FOR_EACH_FORMAT(DO) DO(f32) DO(f16) DO(bf16) DO(q8_0) DO(q5_0) DO(q5_1) DO(q4_0) DO(q4_1) DO(q4_k) DO(q5_k) DO(q6_k)
