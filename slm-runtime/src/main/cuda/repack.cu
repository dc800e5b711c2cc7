// From the layout of GGUF files (ggml-common.h, ggml-quants.c: dequantize_row_*) to the one of formats.cuh. No value changes.
#include "formats.cuh"

/** Blocks as they lie in a file: quant(block, i) is the i-th number of a block. */
template <class F>
struct File;

DEVICE u32 half_at(const u8* b) { return b[0] | b[1] << 8; }

template <>
struct File<f32> {
    static constexpr int WEIGHTS = 1, BYTES = 4;
};
template <>
struct File<f16> {
    static constexpr int WEIGHTS = 1, BYTES = 2;
};
template <>
struct File<bf16> {
    static constexpr int WEIGHTS = 1, BYTES = 2;
};

template <>
struct File<q8_0> {
    static constexpr int WEIGHTS = 32, BYTES = 34;
    static DEVICE u32 quant(const u8* b, int i) { return b[2 + i]; }
    static DEVICE u32 scale(const u8* b) { return half_at(b); }
};

template <>
struct File<q4_0> {
    static constexpr int WEIGHTS = 32, BYTES = 18;
    static DEVICE u32 quant(const u8* b, int i) { return (b[2 + (i & 15)] >> (4 * (i >> 4))) & 15; }
    static DEVICE u32 scale(const u8* b) { return half_at(b); }
};

template <>
struct File<q4_1> {
    static constexpr int WEIGHTS = 32, BYTES = 20;
    static DEVICE u32 quant(const u8* b, int i) { return (b[4 + (i & 15)] >> (4 * (i >> 4))) & 15; }
    static DEVICE u32 scale(const u8* b) { return half_at(b) | half_at(b + 2) << 16; }
};

template <>
struct File<q5_0> {
    static constexpr int WEIGHTS = 32, BYTES = 22;
    static DEVICE u32 quant(const u8* b, int i) {
        return ((b[6 + (i & 15)] >> (4 * (i >> 4))) & 15) | ((b[2 + (i >> 3)] >> (i & 7)) & 1) << 4;
    }
    static DEVICE u32 scale(const u8* b) { return half_at(b); }
};

template <>
struct File<q5_1> {
    static constexpr int WEIGHTS = 32, BYTES = 24;
    static DEVICE u32 quant(const u8* b, int i) {
        return ((b[8 + (i & 15)] >> (4 * (i >> 4))) & 15) | ((b[4 + (i >> 3)] >> (i & 7)) & 1) << 4;
    }
    static DEVICE u32 scale(const u8* b) { return half_at(b) | half_at(b + 2) << 16; }
};

/** Scale and minimum number j of 8, 6 bits each, as the 12 bytes of a Q4_K or Q5_K block hold them. */
DEVICE u32 k_scale_byte(const u8* s, int j) { return j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4; }

DEVICE u32 k_minimum_byte(const u8* s, int j) { return j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4; }

template <>
struct File<q4_k> {
    static constexpr int WEIGHTS = 256, BYTES = 144;
    static DEVICE u32 quant(const u8* b, int i) { return (b[16 + 32 * (i >> 6) + (i & 31)] >> (4 * ((i >> 5) & 1))) & 15; }
    static DEVICE u32 super(const u8* b) { return half_at(b) | half_at(b + 2) << 16; }
    static DEVICE u32 first_scale(const u8* b, int j) { return k_scale_byte(b + 4, j); }
    static DEVICE u32 second_scale(const u8* b, int j) { return k_minimum_byte(b + 4, j); }
};

template <>
struct File<q5_k> {
    static constexpr int WEIGHTS = 256, BYTES = 176;
    static DEVICE u32 quant(const u8* b, int i) {
        return ((b[48 + 32 * (i >> 6) + (i & 31)] >> (4 * ((i >> 5) & 1))) & 15) | ((b[16 + (i & 31)] >> (i >> 5)) & 1) << 4;
    }
    static DEVICE u32 super(const u8* b) { return half_at(b) | half_at(b + 2) << 16; }
    static DEVICE u32 first_scale(const u8* b, int j) { return k_scale_byte(b + 4, j); }
    static DEVICE u32 second_scale(const u8* b, int j) { return k_minimum_byte(b + 4, j); }
};

template <>
struct File<q6_k> {
    static constexpr int WEIGHTS = 256, BYTES = 210;
    static DEVICE u32 quant(const u8* b, int i) {
        int part = (i >> 5) & 3;
        u32 low = b[64 * (i >> 7) + 32 * (part & 1) + (i & 31)] >> (4 * (part >> 1));
        u32 high = b[128 + 32 * (i >> 7) + (i & 31)] >> (2 * part);
        return (low & 15) | (high & 3) << 4;
    }
    static DEVICE u32 super(const u8* b) { return half_at(b + 208); }
    static DEVICE u32 first_scale(const u8* b, int j) { return b[192 + 2 * j]; }
    static DEVICE u32 second_scale(const u8* b, int j) { return b[192 + 2 * j + 1]; }
};

template <class F>
DEVICE Share<F> zero_share() {
    Share<F> share;
    u32* words = reinterpret_cast<u32*>(&share);
    for (int i = 0; i < (int)(sizeof(share) / 4); i++) words[i] = 0;
    return share;
}

DEVICE void set_word(uint4& v, int i, u32 w) {
    if (i == 0) v.x = w;
    if (i == 1) v.y = w;
    if (i == 2) v.z = w;
    if (i == 3) v.w = w;
}

/** Element `place` of the lane's quarter, from 0 to 7, as a column of the row. */
DEVICE int column_of(int block, int t, int place) { return 32 * block + element_at(8 * t + place); }

DEVICE void put_plain(Share<f32>& s, const u8* row, int group, int t, int n_in) {
    for (int i = 0; i < 8; i++) {
        int column = column_of(group, t, i);
        if (column < n_in) {
            const u8* b = row + 4 * (u64)column;
            set_word(s.quants[i >> 2], i & 3, half_at(b) | half_at(b + 2) << 16);
        }
    }
}

template <class F>
DEVICE void put_16_bits(Share<F>& s, const u8* row, int group, int t, int n_in) {
    for (int p = 0; p < 4; p++) {
        int low = column_of(group, t, 2 * p);
        int high = column_of(group, t, 2 * p + 1);
        u32 w = low < n_in ? half_at(row + 2 * (u64)low) : 0;
        if (high < n_in) w |= half_at(row + 2 * (u64)high) << 16;
        set_word(s.quants[0], p, w);
    }
}
DEVICE void put_plain(Share<f16>& s, const u8* row, int group, int t, int n_in) { put_16_bits(s, row, group, t, n_in); }
DEVICE void put_plain(Share<bf16>& s, const u8* row, int group, int t, int n_in) { put_16_bits(s, row, group, t, n_in); }

DEVICE void put_scale(u32& scales, int block, u32 scale) { scales |= scale << (16 * block); }
DEVICE void put_scale(uint2& scales, int block, u32 scale) {
    if (block < 2) scales.x |= scale << (16 * block);
    else scales.y |= scale << (16 * (block - 2));
}
DEVICE void put_scale(uint4& scales, int block, u32 scale) { set_word(scales, block, scale); }

DEVICE void put_fifth_bit(u32& high, int block, int place, u32 n) { high |= (n >> 4) << (4 * block + (place >> 1) + 16 * (place & 1)); }
DEVICE void put_fifth_bit(None&, int, int, u32) {}
DEVICE void put_fifth_bit(uint2& high, int block, int place, u32 n) {
    u32 bits = (n >> 4) << (8 * (block & 1) + 2 * (place >> 1) + 16 * (place & 1));
    if (block < 2) high.x |= bits;
    else high.y |= bits;
}

/** The bits of one number that do not go to the plane of high bits. */
template <class F>
DEVICE void put_quant(Share<F>& s, int block, int place, u32 n) {
    set_word(s.quants[0], block, word(s.quants[0], block) | (n & 15) << (4 * (place >> 1) + 16 * (place & 1)));
    put_fifth_bit(s.high, block, place, n);
}
DEVICE void put_quant(Share<q8_0>& s, int block, int place, u32 n) {
    int pair = place >> 1;
    int w = 2 * block + (pair >> 1);
    set_word(s.quants[0], w, word(s.quants[0], w) | n << (8 * (pair & 1) + 16 * (place & 1)));
}

template <class F>
struct Packer {
    static DEVICE void put(Share<F>& s, const u8* row, int group, int t, int n_in) {
        if constexpr (File<F>::WEIGHTS == 1) {
            put_plain(s, row, group, t, n_in);
        } else {
            for (int b = 0; b < F::BLOCKS; b++) {
                int column = 32 * (group * F::BLOCKS + b);
                if (column >= n_in) return;
                const u8* block = row + (u64)(column / File<F>::WEIGHTS) * File<F>::BYTES;
                int in_block = column % File<F>::WEIGHTS;
                for (int i = 0; i < 8; i++) put_quant(s, b, i, File<F>::quant(block, in_block + element_at(8 * t + i)));
                if constexpr (File<F>::WEIGHTS == 32) {
                    put_scale(s.scales, b, File<F>::scale(block));
                } else {
                    s.scales.x |= File<F>::first_scale(block, in_block / 32) << (8 * b);
                    s.scales.y |= File<F>::second_scale(block, in_block / 32) << (8 * b);
                    s.super = File<F>::super(block);
                }
            }
        }
    }
};

template <class P>
DEVICE void store(const P& value, const u8* plane, u64 index) {
    reinterpret_cast<P*>(const_cast<u8*>(plane))[index] = value;
}
DEVICE void store(const None&, const u8*, u64) {}

/** One block a tile of 16 rows. */
template <class F>
DEVICE void repack(const u8* raw, int first_row, int rows, int n_out, int n_in, void* matrix) {
    Matrix<F> m(matrix, n_out, n_in);
    int tile = first_row / 16 + blockIdx.x;
    u64 row_bytes = (u64)(n_in / File<F>::WEIGHTS) * File<F>::BYTES;
    for (int i = threadIdx.x; i < m.groups * 64; i += blockDim.x) {
        int group = i / 64;
        int lane = i % 32;
        int half = (i / 32) % 2;
        int row_in_tile = 8 * half + lane / 4;
        int row = 16 * blockIdx.x + row_in_tile;
        int t = lane % 4;
        Share<F> share = zero_share<F>();
        if (row < rows) Packer<F>::put(share, raw + row * row_bytes, group, t, n_in);
        u64 unit = (u64)tile * m.groups + group;
        for (int v = 0; v < F::VECTORS; v++) store(share.quants[v], m.quants, ((unit * 2 + half) * F::VECTORS + v) * 32 + lane);
        store(share.high, m.high, unit * 64 + half * 32 + lane);
        if (t == 0) store(share.scales, m.scales, unit * 16 + row_in_tile);
        if (t == 0 && group % 2 == 0) store(share.super, m.super, (unit / 2) * 16 + row_in_tile);
    }
}

#define REPACK(T)                                                                                                                  \
    KERNEL(256, 1, repack_##T)(const u8* raw, int first_row, int rows, int n_out, int n_in, void* matrix) {                       \
        wait_for_previous();                                                                                                       \
        repack<T>(raw, first_row, rows, n_out, n_in, matrix);                                                                      \
    }                                                                                                                              \
    EXPORT(repack_##T)

FOR_EACH_FORMAT(REPACK)
