// The product of weights in registers with activations in shared memory, on tensor cores, without loss in the weights.
#pragma once

#include "formats.cuh"

/**
 * acc[i] += weights of one group . columns 8i .. 8i+7, for i < n_tiles.
 *
 * Integers and bf16 are exact in bf16, and scales go to the float sums of a block of 32, so only the activations are rounded, and those as
 * finely as the caller's terms say. Sums of a block are added outside the tensor core, which truncates: errors do not pile up over long rows.
 *
 * @param shares this lane's part of rows g and g + 8
 * @param x bf16 [block][columns][32] in the order of places, from the group's first block on
 * @param sums float [block][columns], sums over those 32; read only for formats with an offset
 * @param columns columns in shared memory; those beyond count as zeros
 */
template <class F, int N_TILES>
DEVICE void multiply_group(const Share<F> (&shares)[2], const u8* x, const float* sums, int columns, int n_tiles, float (&acc)[N_TILES][4]) {
    int lane = threadIdx.x & 31;
    int g = lane >> 2;
    int t = lane & 3;
#pragma unroll
    for (int b = 0; b < F::BLOCKS; b++) {
        u32 a[F::TERMS][2][4];
#pragma unroll
        for (int term = 0; term < F::TERMS; term++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                u32 pairs[4];
                F::pairs(shares[half], b, term, pairs);
#pragma unroll
                for (int p = 0; p < 4; p++) a[term][p >> 1][half + 2 * (p & 1)] = pairs[p];
            }
        }
        float scale[2][2];
        float offset[2];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            scale[half][0] = F::scale(shares[half], b, 0);
            scale[half][1] = F::HALF_SCALES ? F::scale(shares[half], b, 1) : scale[half][0];
            offset[half] = F::offset(shares[half], b);
        }
#pragma unroll
        for (int i = 0; i < N_TILES; i++) {
            if (i >= n_tiles) break;
            int column = 8 * i + g;
            uint4 v = make_uint4(0, 0, 0, 0);
            if (column < columns) v = *reinterpret_cast<const uint4*>(x + ((u64)(b * columns + column) * 4 + t) * 16);
            float sum[4] = {};
#pragma unroll
            for (int term = 0; term < F::TERMS; term++) mma_bf16(sum, a[term][0], v.x, v.y);
            if (F::HALF_SCALES) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    acc[i][j] += scale[j >> 1][0] * sum[j];
                    sum[j] = 0.0f;
                }
            }
#pragma unroll
            for (int term = 0; term < F::TERMS; term++) mma_bf16(sum, a[term][1], v.z, v.w);
#pragma unroll
            for (int j = 0; j < 4; j++) acc[i][j] += F::SCALED ? scale[j >> 1][1] * sum[j] : sum[j];
            if (F::OFFSET) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    int own = 8 * i + 2 * t + (j & 1);
                    if (own < columns) acc[i][j] += offset[j >> 1] * sums[b * columns + own];
                }
            }
        }
    }
}

/** Four neighbouring activations from `column` on, zeros beyond the row's end. */
DEVICE float4 four_of(const float* row, int column, int n_in) {
    if ((n_in & 3) == 0) {
        return column < n_in ? *reinterpret_cast<const float4*>(row + column) : make_float4(0, 0, 0, 0);
    }
    float4 v;
    v.x = column < n_in ? row[column] : 0.0f;
    v.y = column + 1 < n_in ? row[column + 1] : 0.0f;
    v.z = column + 2 < n_in ? row[column + 2] : 0.0f;
    v.w = column + 3 < n_in ? row[column + 3] : 0.0f;
    return v;
}

/**
 * 1 / root mean square of every group of a row, for the whole thread block. Ends with a barrier.
 *
 * @param scales shared memory for `groups` floats
 * @param scratch shared memory for one float a warp
 */
DEVICE void group_scales(const float* row, int n_in, int groups, float epsilon, float* scales, float* scratch) {
    int size = n_in / groups;
    int warp = threadIdx.x >> 5;
    int lane = threadIdx.x & 31;
    int warps = blockDim.x >> 5;
    if (groups == 1) {
        float squares = 0.0f;
#pragma unroll 4
        for (int column = 4 * threadIdx.x; column < n_in; column += 4 * blockDim.x) {
            float4 v = four_of(row, column, n_in);
            squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
        }
        squares = warp_sum(squares);
        if (lane == 0) scratch[warp] = squares;
        __syncthreads();
        if (warp == 0) {
            squares = warp_sum(lane < warps ? scratch[lane] : 0.0f);
            if (lane == 0) scales[0] = rsqrtf(squares / (float)n_in + epsilon);
        }
    } else {
        for (int group = warp; group < groups; group += warps) {
            float squares = 0.0f;
#pragma unroll 4
            for (int i = lane; i < size; i += 32) {
                float v = row[group * size + i];
                squares += v * v;
            }
            squares = warp_sum(squares);
            if (lane == 0) scales[group] = rsqrtf(squares / (float)size + epsilon);
        }
    }
    __syncthreads();
}

/** v * scale of its group * weight. */
DEVICE float4 normed(float4 v, int column, int n_in, int group_size, const float* scales, const float* weight) {
    float4 w = four_of(weight, column, n_in);
    int last = n_in - 1;
    bool one = group_size == n_in;
    v.x *= scales[one ? 0 : smaller(column, last) / group_size] * w.x;
    v.y *= scales[one ? 0 : smaller(column + 1, last) / group_size] * w.y;
    v.z *= scales[one ? 0 : smaller(column + 2, last) / group_size] * w.z;
    v.w *= scales[one ? 0 : smaller(column + 3, last) / group_size] * w.w;
    return v;
}

/**
 * Writes four activations, from a column divisible by 4, as `terms` bf16 columns; a column of the product has 64 bytes a block.
 *
 * @param x the block's memory
 * @param column of the first term; term i goes to column + i * stride
 */
DEVICE void split_four(float4 v, int place, int terms, u8* x, int column, int stride) {
    for (int term = 0; term < terms; term++) {
        u32 low = bf16_pair(v.x, v.y);
        u32 high = bf16_pair(v.z, v.w);
        *reinterpret_cast<uint2*>(x + (u64)(column + term * stride) * 64 + 2 * place) = make_uint2(low, high);
        v.x -= low_bf16(low);
        v.y -= high_bf16(low);
        v.z -= low_bf16(high);
        v.w -= high_bf16(high);
    }
}

/** Sum of the 32 bf16 of a column in a block. */
DEVICE float column_sum(const u8* x) {
    float sum = 0.0f;
    for (int i = 0; i < 4; i++) {
        uint4 v = reinterpret_cast<const uint4*>(x)[i];
        sum += low_bf16(v.x) + high_bf16(v.x) + low_bf16(v.y) + high_bf16(v.y);
        sum += low_bf16(v.z) + high_bf16(v.z) + low_bf16(v.w) + high_bf16(v.w);
    }
    return sum;
}
