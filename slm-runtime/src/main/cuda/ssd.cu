// Chunked state space duality (arXiv 2405.21060, section 6) for the positions of one sequence, in chunks of 64, all in float.
// With s the cumulative sum of dt a inside a chunk:
//   within:  Y_t  = sum over j <= t of exp(s_t - s_j) (C_t . B_j) dt_j x_j          scores = C B^T once per group, not per head
//   state:   H    = sum over j of exp(s_last - s_j) dt_j x_j B_j^T
//   carry:   S   <- exp(s_last) S + H, chunk after chunk
//   out:     Y_t += exp(s_t) C_t . S_before + d x_t, then the gate
#include "device.cuh"

static constexpr int CHUNK = 64;
/** Depth of the slices of operands in shared memory. */
static constexpr int SLICE = 16;
/** Channels of a head that a block takes at a time, in sixteens: 80 are a head of the large Nemotron models. */
static constexpr int P_TILES = 5;
static constexpr int P = 16 * P_TILES;

struct Place {
    int inner;
    int channels;
    int stride;
    int group;

    DEVICE Place(int head, int heads, int head_size, int state_size, int groups) {
        inner = heads * head_size;
        channels = inner + 2 * groups * state_size;
        stride = inner + channels + heads;
        group = head / (heads / groups);
    }
};

/**
 * acc[i][j] += sum over k of a(row, k) b(column, k) for row = 16 i + threadIdx / 16 and column = first + 16 j + threadIdx % 16, with 256 threads.
 *
 * @param a called with row in 0 .. 16 ROWS - 1 and k in 0 .. depth - 1; likewise b with a column. Both yield 0 outside of their operand
 */
template <int ROWS, int COLUMNS, class A, class B>
DEVICE void multiply_tiles(float (&acc)[ROWS][COLUMNS], A a, B b, int depth, float (*a_slice)[16 * ROWS + 1], float (*b_slice)[16 * COLUMNS + 1]) {
    int y = threadIdx.x / 16;
    int x = threadIdx.x % 16;
    for (int from = 0; from < depth; from += SLICE) {
        __syncthreads();
        for (int i = threadIdx.x; i < SLICE * 16 * ROWS; i += 256) {
            int k = a.k_first ? i % SLICE : i / (16 * ROWS);
            int row = a.k_first ? i / SLICE : i % (16 * ROWS);
            a_slice[k][row] = from + k < depth ? a(row, from + k) : 0.0f;
        }
        for (int i = threadIdx.x; i < SLICE * 16 * COLUMNS; i += 256) {
            int k = b.k_first ? i % SLICE : i / (16 * COLUMNS);
            int column = b.k_first ? i / SLICE : i % (16 * COLUMNS);
            b_slice[k][column] = from + k < depth ? b(column, from + k) : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < SLICE; k++) {
#pragma unroll
            for (int i = 0; i < ROWS; i++) {
#pragma unroll
                for (int j = 0; j < COLUMNS; j++) acc[i][j] += a_slice[k][16 * i + y] * b_slice[k][16 * j + x];
            }
        }
    }
}

/** Rows of a matrix in memory; k runs along a row. Rows from `count` on and columns from `width` on are zeros. */
struct RowsOf {
    static constexpr bool k_first = true;
    const float* from;
    u64 stride;
    int count;

    DEVICE float operator()(int row, int k) const { return row < count ? from[row * stride + k] : 0.0f; }
};

/** Time steps, and the sums of dt a up to and with each position. One block of 64 threads a head and chunk. */
KERNEL(64, 16, ssd_chunk_cumsum)(const float* projected, int first_row, int rows, const float* dt_bias, const float* a, float* dt, float* decay,
        int heads, int head_size, int state_size, int groups) {
    __shared__ float first_warp;
    wait_for_previous();
    int head = blockIdx.x;
    Place place(head, heads, head_size, state_size, groups);
    int t = blockIdx.y * CHUNK + threadIdx.x;
    int lane = threadIdx.x & 31;
    float step = 0.0f;
    if (t < rows) step = softplus(projected[(u64)(first_row + t) * place.stride + place.inner + place.channels + head] + dt_bias[head]);
    float sum = step * a[head];
    for (int distance = 1; distance < 32; distance <<= 1) {
        float other = __shfl_up_sync(ALL_LANES, sum, distance);
        if (lane >= distance) sum += other;
    }
    if (threadIdx.x == 31) first_warp = sum;
    __syncthreads();
    if (threadIdx.x >= 32) sum += first_warp;
    u64 at = (u64)head * gridDim.y * CHUNK + t;
    dt[at] = step;
    decay[at] = sum;
}
EXPORT(ssd_chunk_cumsum)

/** scores[chunk][group][t][j] = C_t . B_j. One block a group and chunk. */
KERNEL(256, 4, ssd_chunk_scores)(const float* convolved, int first_row, int rows, float* scores, int heads, int head_size, int state_size,
        int groups) {
    __shared__ float c_slice[SLICE][CHUNK + 1];
    __shared__ float b_slice[SLICE][CHUNK + 1];
    wait_for_previous();
    Place place(0, heads, head_size, state_size, groups);
    int group = blockIdx.x;
    int from = blockIdx.y * CHUNK;
    int count = smaller(CHUNK, rows - from);
    const float* b = convolved + (u64)(first_row + from) * place.channels + place.inner + group * state_size;
    RowsOf b_rows = {b, (u64)place.channels, count};
    RowsOf c_rows = {b + groups * state_size, (u64)place.channels, count};
    float acc[4][4] = {};
    multiply_tiles(acc, c_rows, b_rows, state_size, c_slice, b_slice);
    float* out = scores + ((u64)blockIdx.y * groups + group) * CHUNK * CHUNK;
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) out[(16 * i + threadIdx.x / 16) * CHUNK + 16 * j + threadIdx.x % 16] = acc[i][j];
    }
}
EXPORT(ssd_chunk_scores)

/** exp(s_last - s_j) dt_j x_j[p], by p and j. */
struct WeighedInputs {
    static constexpr bool k_first = false;
    const float* x;
    u64 stride;
    const float* weight;
    int p_count;

    DEVICE float operator()(int p, int j) const { return p < p_count ? weight[j] * x[j * stride + p] : 0.0f; }
};

/** Columns of a matrix in memory; k runs down a column. */
struct ColumnsOf {
    static constexpr bool k_first = false;
    const float* from;
    u64 stride;
    int count;

    DEVICE float operator()(int column, int k) const { return column < count ? from[k * stride + column] : 0.0f; }
};

/** states[chunk][head][p][n]: what a chunk adds to the state. One block a head and chunk. */
KERNEL(256, 2, ssd_chunk_state)(const float* convolved, int first_row, int rows, const float* dt, const float* decay, float* states, int heads,
        int head_size, int state_size, int groups) {
    __shared__ float x_slice[SLICE][P + 1];
    __shared__ float b_slice[SLICE][2 * CHUNK + 1];
    __shared__ float weight[CHUNK];
    wait_for_previous();
    int head = blockIdx.x;
    Place place(head, heads, head_size, state_size, groups);
    int from = blockIdx.y * CHUNK;
    int count = smaller(CHUNK, rows - from);
    u64 at = (u64)head * gridDim.y * CHUNK + from;
    if (threadIdx.x < CHUNK) weight[threadIdx.x] = expf(decay[at + CHUNK - 1] - decay[at + threadIdx.x]) * dt[at + threadIdx.x];
    const float* inputs = convolved + (u64)(first_row + from) * place.channels;
    float* out = states + ((u64)blockIdx.y * heads + head) * head_size * state_size;
    for (int p = 0; p < head_size; p += P) {
        for (int n = 0; n < state_size; n += 2 * CHUNK) {
            WeighedInputs x = {inputs + head * head_size + p, (u64)place.channels, weight, head_size - p};
            ColumnsOf b = {inputs + place.inner + place.group * state_size + n, (u64)place.channels, state_size - n};
            float acc[P_TILES][8] = {};
            multiply_tiles(acc, x, b, count, x_slice, b_slice);
#pragma unroll
            for (int i = 0; i < P_TILES; i++) {
#pragma unroll
                for (int j = 0; j < 8; j++) {
                    int row = p + 16 * i + threadIdx.x / 16;
                    int column = n + 16 * j + threadIdx.x % 16;
                    if (row < head_size && column < state_size) out[row * state_size + column] = acc[i][j];
                }
            }
        }
    }
}
EXPORT(ssd_chunk_state)

/** Turns what chunks add into the state before each chunk, and leaves the last state. One thread a value of the state. */
KERNEL(256, 8, ssd_carry)(const float* decay, float* states, float* ssm_state, int rows, int heads, int head_size, int state_size) {
    wait_for_previous();
    int size = heads * head_size * state_size;
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    int head = i / (head_size * state_size);
    int chunks = div_up(rows, CHUNK);
    float state = ssm_state[i];
    for (int chunk = 0; chunk < chunks; chunk++) {
        float added = states[(u64)chunk * size + i];
        states[(u64)chunk * size + i] = state;
        state = expf(decay[((u64)head * chunks + chunk) * CHUNK + CHUNK - 1]) * state + added;
    }
    ssm_state[i] = state;
}
EXPORT(ssd_carry)

/** exp(s_t - s_j) (C_t . B_j) dt_j for j <= t. */
struct MaskedScores {
    static constexpr bool k_first = true;
    const float* scores;
    const float* decay;
    const float* dt;

    DEVICE float operator()(int t, int j) const { return j <= t ? expf(decay[t] - decay[j]) * scores[t * CHUNK + j] * dt[j] : 0.0f; }
};

/** exp(s_t) C_t. */
struct DecayedRows {
    static constexpr bool k_first = true;
    RowsOf c;
    const float* decay;

    DEVICE float operator()(int t, int n) const { return expf(decay[t]) * c(t, n); }
};

/** y = within the chunk + from the state before + d x, times silu(z). One block a head and chunk. */
KERNEL(256, 2, ssd_chunk_out)(const float* projected, const float* convolved, int first_row, int rows, const float* dt, const float* decay,
        const float* scores, const float* states, const float* d, float* out, int heads, int head_size, int state_size, int groups) {
    __shared__ float a_slice[SLICE][CHUNK + 1];
    __shared__ float b_slice[SLICE][P + 1];
    __shared__ float s[CHUNK];
    __shared__ float steps[CHUNK];
    wait_for_previous();
    int head = blockIdx.x;
    Place place(head, heads, head_size, state_size, groups);
    int from = blockIdx.y * CHUNK;
    int count = smaller(CHUNK, rows - from);
    u64 at = (u64)head * gridDim.y * CHUNK + from;
    if (threadIdx.x < CHUNK) {
        s[threadIdx.x] = decay[at + threadIdx.x];
        steps[threadIdx.x] = dt[at + threadIdx.x];
    }
    const float* inputs = convolved + (u64)(first_row + from) * place.channels;
    const float* gates = projected + (u64)(first_row + from) * place.stride;
    const float* before = states + ((u64)blockIdx.y * heads + head) * head_size * state_size;
    MaskedScores masked = {scores + ((u64)blockIdx.y * groups + place.group) * CHUNK * CHUNK, s, steps};
    DecayedRows c = {{inputs + place.inner + (groups + place.group) * state_size, (u64)place.channels, count}, s};
    for (int p = 0; p < head_size; p += P) {
        ColumnsOf x = {inputs + head * head_size + p, (u64)place.channels, head_size - p};
        RowsOf state = {before + (u64)p * state_size, (u64)state_size, head_size - p};
        float acc[4][P_TILES] = {};
        multiply_tiles(acc, masked, x, count, a_slice, b_slice);
        multiply_tiles(acc, c, state, state_size, a_slice, b_slice);
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < P_TILES; j++) {
                int t = 16 * i + threadIdx.x / 16;
                int channel = head * head_size + p + 16 * j + threadIdx.x % 16;
                if (t >= count || channel >= (head + 1) * head_size) continue;
                float y = acc[i][j] + d[head] * inputs[(u64)t * place.channels + channel];
                out[(u64)(first_row + from + t) * place.inner + channel] = y * silu(gates[(u64)t * place.stride + channel]);
            }
        }
    }
}
EXPORT(ssd_chunk_out)
