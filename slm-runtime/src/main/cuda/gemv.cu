// Products with few rows of activations: bound by the memory that holds the weights.
//
// A block owns tiles of 16 outputs and its warps divide the columns, so every block reads a tile's bytes in order. All blocks are on the device at
// once with the same work each, so they share the memory evenly even where some multiprocessors hold one block more. Each lane keeps DEPTH groups
// on their way (DEPTH x 32 bytes, 32 KB a block), over the ends of tiles too, and asks for the first ones before it waits for the kernel before:
// weights depend on nobody. Activations are normed, split into bf16 terms and put into shared memory while those are on their way.
#include "product.cuh"

static constexpr int WARPS = 8;
static constexpr int DEPTH = 4;

/** Up to three matrices, one after the other. */
template <class F>
struct Parts {
    Matrix<F> matrix[3];
    int n_out[3];
    float* out[3];

    DEVICE int tiles() const { return matrix[0].tiles + matrix[1].tiles + matrix[2].tiles; }

    /** The matrix that holds this tile; turns the tile's number into one within that matrix. */
    DEVICE int part_of(int& tile) const {
        if (tile < matrix[0].tiles) return 0;
        tile -= matrix[0].tiles;
        if (tile < matrix[1].tiles) return 1;
        tile -= matrix[1].tiles;
        return 2;
    }

    /** Where this lane's weights of a tile begin. */
    DEVICE Lane<F> lane_of(int tile) const {
        int part = part_of(tile);
        // copied by constant numbers: an array that is indexed by a variable would live in memory
        Matrix<F> m = matrix[0];
        if (part == 1) m = matrix[1];
        if (part == 2) m = matrix[2];
        int lane = threadIdx.x & 31;
        return Lane<F>(m, tile, threadIdx.x >> 5, lane >> 2, lane & 3);
    }
};

/** Group number `step` of this warp, if the tile is there and has one. */
template <class F>
DEVICE void load(Share<F> (&shares)[2], const Lane<F>& lane, bool there, int step, int groups) {
    if (!there || (int)(threadIdx.x >> 5) + WARPS * step >= groups) return;
    lane.load(shares[0], WARPS * step, 0);
    lane.load(shares[1], WARPS * step, 1);
}

/** Adds up what the warps and terms have for a tile, and writes it. */
template <class F>
DEVICE void finish_tile(const Parts<F>& parts, int tile, const float* sums, int rows, int terms, int epilogue) {
    int part = parts.part_of(tile);
    for (int i = threadIdx.x; i < 16 * rows; i += blockDim.x) {
        int row = i / 16;
        int output = i % 16;
        float sum = 0.0f;
        for (int warp = 0; warp < WARPS; warp++) {
            for (int term = 0; term < terms; term++) sum += sums[(warp * 16 + output) * 9 + term * rows + row];
        }
#pragma unroll
        for (int p = 0; p < 3; p++) {
            int at = 16 * tile + output;
            if (p == part && at < parts.n_out[p]) finish(parts.out[p] + (u64)row * parts.n_out[p] + at, sum, epilogue);
        }
    }
}

template <class F>
DEVICE void gemv(const Parts<F>& parts, const float* in, int rows, int n_in, int terms, const float* norm_weight, int norm_groups,
        float epsilon, int epilogue) {
    DYNAMIC_SHARED(memory);
    int columns = rows * terms;
    int groups = parts.matrix[0].groups;
    int blocks = (div_up(n_in, 32) + 3) / 4 * 4;
    u8* x = memory;
    float* x_sums = reinterpret_cast<float*>(x + (u64)blocks * columns * 64);
    float* scales = x_sums + blocks * columns;
    float* scratch = scales + rows * norm_groups;
    float* tile_sums = scratch + 16;
    int warp = threadIdx.x >> 5;
    int lane = threadIdx.x & 31;

    int tiles = parts.tiles();
    Share<F> queue[DEPTH][2];
    Lane<F> source = parts.lane_of(blockIdx.x);
#pragma unroll
    for (int d = 0; d < DEPTH; d++) load(queue[d], source, true, d, groups);
    wait_for_previous();

    for (int row = 0; row < rows; row++) {
        const float* values = in + (u64)row * n_in;
        float* row_scales = scales + row * norm_groups;
        if (norm_weight != nullptr) group_scales(values, n_in, norm_groups, epsilon, row_scales, scratch);
#pragma unroll 4
        for (int column = 4 * threadIdx.x; column < 32 * blocks; column += 4 * blockDim.x) {
            float4 v = four_of(values, column, n_in);
            if (norm_weight != nullptr) v = normed(v, column, n_in, n_in / norm_groups, row_scales, norm_weight);
            split_four(v, place_of(column & 31), terms, x + (u64)(column >> 5) * columns * 64, row, rows);
        }
    }
    __syncthreads();
    if (F::OFFSET) {
        for (int i = threadIdx.x; i < blocks * columns; i += blockDim.x) x_sums[i] = column_sum(x + (u64)i * 64);
        __syncthreads();
    }

    int rounds = div_up(div_up(groups, WARPS), DEPTH);
    int buffer = 0;
    for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        float acc[1][4] = {};
        bool there = true;
        for (int round = 0; round < rounds; round++) {
            // one round ahead, in the next tile after the last
            int ahead = (round + 1) * DEPTH;
            if (round + 1 == rounds) {
                ahead = 0;
                there = tile + (int)gridDim.x < tiles;
                if (there) source = parts.lane_of(tile + gridDim.x);
            }
#pragma unroll
            for (int d = 0; d < DEPTH; d++) {
                int group = warp + WARPS * (round * DEPTH + d);
                if (group < groups) {
                    int block = group * F::BLOCKS;
                    multiply_group<F, 1>(queue[d], x + block * columns * 64, x_sums + block * columns, columns, 1, acc);
                }
                load(queue[d], source, there, ahead + d, groups);
            }
        }
        // two buffers in turn: who writes the second one has passed the barrier after everybody's reading of the first
        float* sums = tile_sums + buffer * WARPS * 16 * 9;
#pragma unroll
        for (int j = 0; j < 4; j++) sums[(warp * 16 + (lane >> 2) + 8 * (j >> 1)) * 9 + 2 * (lane & 3) + (j & 1)] = acc[0][j];
        __syncthreads();
        finish_tile(parts, tile, sums, rows, terms, epilogue);
        buffer ^= 1;
    }
}

#define GEMV(T)                                                                                                                       \
    KERNEL(256, 2, gemv_##T)(const void* matrix0, int n_out0, float* out0, const void* matrix1, int n_out1, float* out1,              \
            const void* matrix2, int n_out2, float* out2, const float* in, int rows, int n_in, int terms, const float* norm_weight,   \
            int norm_groups, float epsilon, int epilogue) {                                                                           \
        Parts<T> parts = {{{matrix0, n_out0, n_in}, {matrix1, n_out1, n_in}, {matrix2, n_out2, n_in}},                                \
                {n_out0, n_out1, n_out2}, {out0, out1, out2}};                                                                        \
        gemv(parts, in, rows, n_in, terms, norm_weight, norm_groups, epsilon, epilogue);                                              \
    }                                                                                                                                 \
    EXPORT(gemv_##T)

FOR_EACH_FORMAT(GEMV)
