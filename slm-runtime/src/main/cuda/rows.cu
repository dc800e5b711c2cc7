// Operations on rows of activations.
#include "product.cuh"

/** out = in / sqrt(mean(in^2) + epsilon) * weight (arXiv 1910.07467). One block a row. */
KERNEL(256, 4, rms_norm)(const float* in, const float* weight, int width, float epsilon, float* out) {
    __shared__ float scratch[32];
    __shared__ float scale[1];
    wait_for_previous();
    const float* row = in + (u64)blockIdx.x * width;
    group_scales(row, width, 1, epsilon, scale, scratch);
    for (int i = threadIdx.x; i < width; i += blockDim.x) out[(u64)blockIdx.x * width + i] = row[i] * scale[0] * weight[i];
}
EXPORT(rms_norm)

/** u = y silu(z); out = u / sqrt(mean over the group of u^2 + epsilon) * weight. One block a group and row; out may be y. */
KERNEL(256, 4, gated_norm)(const float* y, const float* z, int z_stride, const float* weight, int width, int groups, float epsilon,
        float* out) {
    __shared__ float scratch[32];
    wait_for_previous();
    int size = width / groups;
    int warp = threadIdx.x >> 5;
    int lane = threadIdx.x & 31;
    u64 from = (u64)blockIdx.y * width + blockIdx.x * size;
    const float* gate = z == nullptr ? nullptr : z + (u64)blockIdx.y * z_stride + blockIdx.x * size;
    float squares = 0.0f;
    for (int i = threadIdx.x; i < size; i += blockDim.x) {
        float u = y[from + i];
        if (gate != nullptr) u *= silu(gate[i]);
        squares += u * u;
        out[from + i] = u;
    }
    squares = warp_sum(squares);
    if (lane == 0) scratch[warp] = squares;
    __syncthreads();
    float sum = 0.0f;
    for (int w = 0; w < (int)(blockDim.x >> 5); w++) sum += scratch[w];
    float scale = rsqrtf(sum / (float)size + epsilon);
    for (int i = threadIdx.x; i < size; i += blockDim.x) out[from + i] = out[from + i] * scale * weight[blockIdx.x * size + i];
}
EXPORT(gated_norm)

/** values = max(values, 0)^2. */
KERNEL(256, 8, relu2)(float* values, int count) {
    wait_for_previous();
    int from = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    for (int i = from; i < smaller(from + 4, count); i++) {
        float v = values[i] > 0.0f ? values[i] : 0.0f;
        values[i] = v * v;
    }
}
EXPORT(relu2)

/** to[i] = from[index[i]]. One block a row. */
KERNEL(256, 8, gather_rows)(const float* from, const int* index, int width, float* to) {
    wait_for_previous();
    const float* row = from + (u64)index[blockIdx.x] * width;
    for (int i = threadIdx.x; i < width; i += blockDim.x) to[(u64)blockIdx.x * width + i] = row[i];
}
EXPORT(gather_rows)

/**
 * The input of gemm: a row's activations, normed if there is a norm_weight, squared-ReLU if asked for, as `terms` columns of bf16. One block a row; row i
 * has column i % (tile / terms) + term * (tile / terms) of column tile i / (tile / terms). Columns are padded with zeros to 8 blocks of 32.
 */
KERNEL(256, 4, split_rows)(const float* in, int rows, int n_in, int tile, int terms, const float* norm_weight, int norm_groups,
        float epsilon, int squared_relu, u8* x, float* sums) {
    DYNAMIC_SHARED(memory);
    __shared__ float scratch[32];
    float* scales = reinterpret_cast<float*>(memory);
    wait_for_previous();
    int row = blockIdx.x;
    int per_tile = tile / terms;
    int blocks = div_up(div_up(n_in, 32), 8) * 8;
    const float* values = in + (u64)row * n_in;
    u64 first = (u64)(row / per_tile) * blocks * tile;
    int column_in_tile = row % per_tile;
    if (norm_weight != nullptr) group_scales(values, n_in, norm_groups, epsilon, scales, scratch);
    for (int column = 4 * threadIdx.x; column < 32 * blocks; column += 4 * blockDim.x) {
        float4 v = four_of(values, column, n_in);
        if (norm_weight != nullptr) v = normed(v, column, n_in, n_in / norm_groups, scales, norm_weight);
        if (squared_relu) {
            v.x = v.x > 0.0f ? v.x * v.x : 0.0f;
            v.y = v.y > 0.0f ? v.y * v.y : 0.0f;
            v.z = v.z > 0.0f ? v.z * v.z : 0.0f;
            v.w = v.w > 0.0f ? v.w * v.w : 0.0f;
        }
        split_four(v, place_of(column & 31), terms, x + (first + (u64)(column >> 5) * tile) * 64, column_in_tile, per_tile);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < blocks * terms; i += blockDim.x) {
        u64 at = first + (u64)(i / terms) * tile + column_in_tile + (i % terms) * per_tile;
        sums[at] = column_sum(x + at * 64);
    }
}
EXPORT(split_rows)
