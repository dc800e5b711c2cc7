// Products with many rows of activations: batched decoding and prompts.
//
// Weights go from memory straight into a warp's registers, in the order of mma's operand, one chunk ahead of their use; shared memory holds
// activations only (bf16, split before by split_rows), two chunks in turn, copied asynchronously. Each warp owns 16 ROW_TILES outputs and all columns of
// the tile: for prompts a 16-byte read of activations feeds ROW_TILES * 2 matrix products, which keeps shared memory off the critical path.
#include "product.cuh"

static constexpr int WARPS = 8;

/** Sizes of a kernel: column tiles of up to COLUMNS, ROW_TILES tiles of 16 rows a warp, chunks of CHUNK blocks of 32. */
template <class F, int COLUMN_COUNT, int ROW_TILE_COUNT>
struct Sizes {
    static constexpr int COLUMNS = COLUMN_COUNT;
    static constexpr int ROW_TILES = ROW_TILE_COUNT;
    static constexpr int CHUNK = F::VECTORS == 2 ? 2 : F::BLOCKS == 4 && ROW_TILES == 1 ? 8 : 4;
    static constexpr int DEPTH = CHUNK / F::BLOCKS;
    static constexpr int ROWS = 16 * ROW_TILES * WARPS;
};

/** A chunk in shared memory: the bf16 of its blocks, then their sums. */
template <class S>
DEVICE void copy_chunk(u8* to, const u8* x, const float* sums, int chunk, int tile) {
    int x_bytes = S::CHUNK * tile * 64;
    int sum_bytes = S::CHUNK * tile * 4;
    const u8* from = x + (u64)chunk * x_bytes;
    const u8* sums_from = reinterpret_cast<const u8*>(sums) + (u64)chunk * sum_bytes;
    for (int i = 16 * threadIdx.x; i < x_bytes; i += 16 * blockDim.x) copy_async(to + i, from + i);
    for (int i = 16 * threadIdx.x; i < sum_bytes; i += 16 * blockDim.x) copy_async(to + x_bytes + i, sums_from + i);
}

/** Group `group` of this warp's row tiles; `lane` is at group 0 of the first. */
template <class F, class S>
DEVICE void load_group(Share<F> (&shares)[S::ROW_TILES][2], const Matrix<F>& matrix, const Lane<F>& lane, int first_tile, int group) {
    if (group >= matrix.groups) return;
#pragma unroll
    for (int r = 0; r < S::ROW_TILES; r++) {
        if (first_tile + r >= matrix.tiles) return;
        // the tiles follow each other, so the next one is a tile's number of groups further on
        u32 at = r * matrix.groups + group;
        lane.load(shares[r][0], at, 0);
        lane.load(shares[r][1], at, 1);
    }
}

/** Of several blocks that divide the columns of a tile, the last one to arrive adds up what all have, always in the same order. */
template <class S>
DEVICE void add_splits(int first_output, int n_out, int first_row, int tile_rows, int rows, float* out, int epilogue,
        const float* workspace, int* counter) {
    __shared__ int arrived;
    int splits = gridDim.y;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) arrived = atomicAdd(counter, 1);
    __syncthreads();
    if (arrived != splits - 1) return;
    __threadfence();
    for (int i = threadIdx.x; i < S::ROWS * tile_rows; i += blockDim.x) {
        int output = first_output + i % S::ROWS;
        int row = first_row + i / S::ROWS;
        if (output >= n_out || row >= rows) continue;
        u64 at = (u64)row * n_out + output;
        float sum = 0.0f;
        for (int split = 0; split < splits; split++) sum += workspace[(u64)split * rows * n_out + at];
        finish(out + at, sum, epilogue);
    }
    if (threadIdx.x == 0) *counter = 0;
}

template <class F, class S>
DEVICE void gemm(const void* memory, int n_out, int n_in, const u8* x, const float* sums, int rows, int tile, int terms, float* out,
        int epilogue, float* workspace, int* counters) {
    DYNAMIC_SHARED(shared);
    Matrix<F> matrix(memory, n_out, n_in);
    constexpr int N_TILES = S::COLUMNS / 8;
    int buffer_bytes = S::CHUNK * tile * 68;
    int warp = threadIdx.x >> 5;
    int lane = threadIdx.x & 31;
    int per_tile = tile / terms;
    int first_row = blockIdx.z * per_tile;
    int tile_rows = smaller(per_tile, rows - first_row);
    int n_tiles = terms == 1 ? div_up(tile_rows, 8) : tile / 8;
    int first_tile = (blockIdx.x * WARPS + warp) * S::ROW_TILES;
    int blocks = div_up(div_up(n_in, 32), 8) * 8;
    int chunks = div_up(matrix.groups, S::DEPTH);
    int first_chunk = (int)((u64)chunks * blockIdx.y / gridDim.y);
    int end_chunk = (int)((u64)chunks * (blockIdx.y + 1) / gridDim.y);
    x += (u64)blockIdx.z * blocks * tile * 64;
    sums += (u64)blockIdx.z * blocks * tile;

    Share<F> queue[S::DEPTH][S::ROW_TILES][2];
    Lane<F> source(matrix, first_tile, 0, lane >> 2, lane & 3);
#pragma unroll
    for (int d = 0; d < S::DEPTH; d++) load_group<F, S>(queue[d], matrix, source, first_tile, first_chunk * S::DEPTH + d);
    wait_for_previous();
    if (first_chunk < end_chunk) copy_chunk<S>(shared, x, sums, first_chunk, tile);
    copy_commit();

    float acc[S::ROW_TILES][N_TILES][4] = {};
    for (int chunk = first_chunk; chunk < end_chunk; chunk++) {
        const u8* now = shared + ((chunk - first_chunk) & 1) * buffer_bytes;
        u8* later = shared + ((chunk - first_chunk + 1) & 1) * buffer_bytes;
        copy_wait<0>();
        __syncthreads();
        if (chunk + 1 < end_chunk) copy_chunk<S>(later, x, sums, chunk + 1, tile);
        copy_commit();
#pragma unroll
        for (int d = 0; d < S::DEPTH; d++) {
            if (chunk * S::DEPTH + d < matrix.groups) {
                const u8* at = now + d * F::BLOCKS * tile * 64;
                const float* sums_at = reinterpret_cast<const float*>(now + S::CHUNK * tile * 64) + d * F::BLOCKS * tile;
#pragma unroll
                for (int r = 0; r < S::ROW_TILES; r++) {
                    if (first_tile + r < matrix.tiles) {
                        multiply_group<F, N_TILES>(queue[d][r], at, sums_at, tile, n_tiles, acc[r]);
                    }
                }
            }
            if (chunk + 1 < end_chunk) load_group<F, S>(queue[d], matrix, source, first_tile, (chunk + 1) * S::DEPTH + d);
        }
    }
    __syncthreads();

    // through shared memory, so that terms come together and neighbouring outputs are written together
    float* outputs = reinterpret_cast<float*>(shared) + warp * 16 * (S::COLUMNS + 1);
    bool split = gridDim.y > 1;
#pragma unroll
    for (int r = 0; r < S::ROW_TILES; r++) {
#pragma unroll
        for (int i = 0; i < N_TILES; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                outputs[((lane >> 2) + 8 * (j >> 1)) * (S::COLUMNS + 1) + 8 * i + 2 * (lane & 3) + (j & 1)] = acc[r][i][j];
            }
        }
        __syncwarp();
        for (int i = lane; i < 16 * tile_rows; i += 32) {
            int output = 16 * (first_tile + r) + i % 16;
            float sum = 0.0f;
            for (int term = 0; term < terms; term++) sum += outputs[(i % 16) * (S::COLUMNS + 1) + term * per_tile + i / 16];
            if (output >= n_out) continue;
            u64 at = (u64)(first_row + i / 16) * n_out + output;
            if (split) {
                workspace[(u64)blockIdx.y * rows * n_out + at] = sum;
            } else {
                finish(out + at, sum, epilogue);
            }
        }
        __syncwarp();
    }
    if (split) {
        add_splits<S>(blockIdx.x * S::ROWS, n_out, first_row, tile_rows, rows, out, epilogue, workspace,
                counters + blockIdx.z * gridDim.x + blockIdx.x);
    }
}

#define GEMM(T, COLUMNS, ROW_TILES, BLOCKS)                                                                                            \
    KERNEL(256, BLOCKS, gemm_##T##_##COLUMNS)(const void* matrix, int n_out, int n_in, const u8* x, const float* sums, int rows,       \
            int tile, int terms, float* out, int epilogue, float* workspace, int* counters) {                                                    \
        gemm<T, Sizes<T, COLUMNS, ROW_TILES>>(matrix, n_out, n_in, x, sums, rows, tile, terms, out, epilogue, workspace, counters);    \
    }                                                                                                                                  \
    EXPORT(gemm_##T##_##COLUMNS)

#define BOTH_GEMMS(T) GEMM(T, 64, 1, 2) GEMM(T, 128, 2, 1)

FOR_EACH_FORMAT(BOTH_GEMMS)
