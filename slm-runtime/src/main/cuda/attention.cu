// Grouped-query attention over a key-value cache in half or float: k_cache [position][kv_head][key_size], v_cache likewise. Softmax is online, sums are float.
#include "device.cuh"

/** Values of a lane's share of a row: 16 lanes hold up to 128. */
static constexpr int WIDTH = 8;
/** Query heads that share one key head, at most. */
static constexpr int MOST_SHARING = 8;
static constexpr int HALF_WARPS = 8;

struct Half {
    typedef u16 Type;
    static DEVICE float read(u16 v) { return half_to_float(v); }
    static DEVICE u16 write(float v) { return float_to_half(v); }
    /** Eight neighbours from a multiple of 16 bytes. */
    static DEVICE void read_eight(const u16* from, float (&to)[WIDTH]) {
        uint4 v = *reinterpret_cast<const uint4*>(from);
        to[0] = half_to_float(v.x & 0xffffu);
        to[1] = half_to_float(v.x >> 16);
        to[2] = half_to_float(v.y & 0xffffu);
        to[3] = half_to_float(v.y >> 16);
        to[4] = half_to_float(v.z & 0xffffu);
        to[5] = half_to_float(v.z >> 16);
        to[6] = half_to_float(v.w & 0xffffu);
        to[7] = half_to_float(v.w >> 16);
    }
};

struct Single {
    typedef float Type;
    static DEVICE float read(float v) { return v; }
    static DEVICE float write(float v) { return v; }
    static DEVICE void read_eight(const float* from, float (&to)[WIDTH]) {
        float4 a = reinterpret_cast<const float4*>(from)[0];
        float4 b = reinterpret_cast<const float4*>(from)[1];
        to[0] = a.x;
        to[1] = a.y;
        to[2] = a.z;
        to[3] = a.w;
        to[4] = b.x;
        to[5] = b.y;
        to[6] = b.z;
        to[7] = b.w;
    }
};

/** A lane's eight values of a row of `size`, zeros beyond its end. */
template <class K>
DEVICE void read_share(const typename K::Type* row, int lane16, int size, float (&to)[WIDTH]) {
    int first = WIDTH * lane16;
    if (size % WIDTH == 0) {
        if (first < size) {
            K::read_eight(row + first, to);
        } else {
#pragma unroll
            for (int i = 0; i < WIDTH; i++) to[i] = 0.0f;
        }
    } else {
#pragma unroll
        for (int i = 0; i < WIDTH; i++) to[i] = first + i < size ? K::read(row[first + i]) : 0.0f;
    }
}

/** Writes keys and values behind what the caches hold. One block a row. */
template <class K>
DEVICE void kv_append(const float* k, const float* v, const int* seq_start, const int* position, void* const* k_cache, void* const* v_cache,
        int sequences, int k_width, int v_width) {
    int row = blockIdx.x;
    int sequence = 0;
    while (sequence + 1 < sequences && seq_start[sequence + 1] <= row) sequence++;
    u64 at = position[sequence] + row - seq_start[sequence];
    typename K::Type* keys = static_cast<typename K::Type*>(k_cache[sequence]) + at * k_width;
    typename K::Type* values = static_cast<typename K::Type*>(v_cache[sequence]) + at * v_width;
    for (int i = threadIdx.x; i < k_width; i += blockDim.x) keys[i] = K::write(k[(u64)row * k_width + i]);
    for (int i = threadIdx.x; i < v_width; i += blockDim.x) values[i] = K::write(v[(u64)row * v_width + i]);
}

#define KV_APPEND(NAME, K)                                                                                                           \
    KERNEL(128, 8, kv_append_##NAME)(const float* k, const float* v, const int* seq_start, const int* position, void* const* k_cache, \
            void* const* v_cache, int sequences, int k_width, int v_width) {                                                         \
        wait_for_previous();                                                                                                         \
        kv_append<K>(k, v, seq_start, position, k_cache, v_cache, sequences, k_width, v_width);                                      \
    }                                                                                                                                \
    EXPORT(kv_append_##NAME)
KV_APPEND(f16, Half)
KV_APPEND(f32, Single)

/** Sum over the 16 lanes of a half warp. */
DEVICE float half_warp_sum(float v) {
    for (int d = 8; d > 0; d >>= 1) v += __shfl_xor_sync(ALL_LANES, v, d);
    return v;
}

/**
 * One query a sequence: all heads that share a key head, over one part of the positions. Each half warp goes over positions of its own, two at a time,
 * with a softmax of its own; they meet at the end. partial[sequence][head][split] is the weighted sum of values, the largest score, the sum of weights.
 */
template <class K>
DEVICE void attend_decode(const float* q, const float* k, const float* v, const int* position, void* const* k_cache, void* const* v_cache,
        float* partial, int heads, int kv_heads, int key_size, int value_size, int splits) {
    typedef typename K::Type T;
    __shared__ float merged[HALF_WARPS][16 * WIDTH];
    __shared__ float largest[HALF_WARPS];
    __shared__ float weights[HALF_WARPS];
    int kv_head = blockIdx.x;
    int split = blockIdx.y;
    int sequence = blockIdx.z;
    int sharing = heads / kv_heads;
    int half_warp = threadIdx.x >> 4;
    int lane16 = threadIdx.x & 15;
    int last = position[sequence];
    int part = div_up(last + 1, splits);
    int from = split * part;
    int to = smaller(from + part, last + 1);
    T* keys = static_cast<T*>(k_cache[sequence]) + kv_head * key_size;
    T* values = static_cast<T*>(v_cache[sequence]) + kv_head * value_size;
    u64 k_stride = (u64)kv_heads * key_size;
    u64 v_stride = (u64)kv_heads * value_size;
    if (from <= last && last < to) {
        const float* new_key = k + sequence * k_stride + kv_head * key_size;
        const float* new_value = v + sequence * v_stride + kv_head * value_size;
        for (int i = threadIdx.x; i < key_size; i += blockDim.x) keys[last * k_stride + i] = K::write(new_key[i]);
        for (int i = threadIdx.x; i < value_size; i += blockDim.x) values[last * v_stride + i] = K::write(new_value[i]);
    }
    __syncthreads();

    float query[MOST_SHARING][WIDTH];
    float acc[MOST_SHARING][WIDTH] = {};
    float m[MOST_SHARING];
    float l[MOST_SHARING];
    float scale = rsqrtf((float)key_size);
#pragma unroll
    for (int r = 0; r < MOST_SHARING; r++) {
        m[r] = -INFINITY;
        l[r] = 0.0f;
        const float* row = q + ((u64)sequence * heads + kv_head * sharing + smaller(r, sharing - 1)) * key_size;
        read_share<Single>(row, lane16, key_size, query[r]);
#pragma unroll
        for (int i = 0; i < WIDTH; i++) query[r][i] *= scale;
    }
    for (int base = from; base < to; base += 2 * HALF_WARPS) {
        float key[2][WIDTH];
        float value[2][WIDTH];
        bool there[2];
#pragma unroll
        for (int j = 0; j < 2; j++) {
            int at = base + j * HALF_WARPS + half_warp;
            there[j] = at < to;
            // a position that is there, so that all lanes load and shuffle alike
            int read = there[j] ? at : to - 1;
            read_share<K>(keys + read * k_stride, lane16, key_size, key[j]);
            read_share<K>(values + read * v_stride, lane16, value_size, value[j]);
        }
#pragma unroll
        for (int r = 0; r < MOST_SHARING; r++) {
            if (r >= sharing) break;
            float score[2] = {};
#pragma unroll
            for (int j = 0; j < 2; j++) {
#pragma unroll
                for (int i = 0; i < WIDTH; i++) score[j] += query[r][i] * key[j][i];
                score[j] = half_warp_sum(score[j]);
                if (!there[j]) score[j] = -INFINITY;
            }
            float top = fmaxf(m[r], fmaxf(score[0], score[1]));
            if (top == -INFINITY) continue;
            float keep = expf(m[r] - top);
            float w0 = expf(score[0] - top);
            float w1 = expf(score[1] - top);
            m[r] = top;
            l[r] = l[r] * keep + w0 + w1;
#pragma unroll
            for (int i = 0; i < WIDTH; i++) acc[r][i] = acc[r][i] * keep + w0 * value[0][i] + w1 * value[1][i];
        }
    }
#pragma unroll
    for (int r = 0; r < MOST_SHARING; r++) {
        if (r >= sharing) break;
#pragma unroll
        for (int i = 0; i < WIDTH; i++) merged[half_warp][WIDTH * lane16 + i] = acc[r][i];
        if (lane16 == 0) {
            largest[half_warp] = m[r];
            weights[half_warp] = l[r];
        }
        __syncthreads();
        float top = -INFINITY;
        for (int w = 0; w < HALF_WARPS; w++) top = fmaxf(top, largest[w]);
        float* out = partial + (((u64)sequence * heads + kv_head * sharing + r) * splits + split) * (value_size + 2);
        float sum = 0.0f;
        float weight = 0.0f;
        for (int w = 0; w < HALF_WARPS; w++) {
            if (weights[w] == 0.0f) continue;
            float factor = expf(largest[w] - top);
            sum += factor * merged[w][threadIdx.x];
            weight += factor * weights[w];
        }
        if (threadIdx.x < value_size) out[threadIdx.x] = sum;
        if (threadIdx.x == 0) {
            out[value_size] = top;
            out[value_size + 1] = weight;
        }
        __syncthreads();
    }
}

#define ATTEND_DECODE(NAME, K)                                                                                                       \
    KERNEL(128, 2, attend_decode_##NAME)(const float* q, const float* k, const float* v, const int* position, void* const* k_cache,   \
            void* const* v_cache, float* partial, int heads, int kv_heads, int key_size, int value_size, int splits) {               \
        wait_for_previous();                                                                                                         \
        attend_decode<K>(q, k, v, position, k_cache, v_cache, partial, heads, kv_heads, key_size, value_size, splits);               \
    }                                                                                                                                \
    EXPORT(attend_decode_##NAME)
ATTEND_DECODE(f16, Half)
ATTEND_DECODE(f32, Single)

/** Puts the parts of attend_decode together. One block a head and sequence. */
KERNEL(128, 8, attend_combine)(const float* partial, float* out, int heads, int value_size, int splits) {
    wait_for_previous();
    u64 row = (u64)blockIdx.y * heads + blockIdx.x;
    const float* parts = partial + row * splits * (value_size + 2);
    float top = -INFINITY;
    for (int s = 0; s < splits; s++) top = fmaxf(top, parts[s * (value_size + 2) + value_size]);
    float weight = 0.0f;
    float sum = 0.0f;
    for (int s = 0; s < splits; s++) {
        const float* part = parts + s * (value_size + 2);
        if (part[value_size + 1] == 0.0f) continue;
        float factor = expf(part[value_size] - top);
        weight += factor * part[value_size + 1];
        if (threadIdx.x < value_size) sum += factor * part[threadIdx.x];
    }
    if (threadIdx.x < value_size) out[row * value_size + threadIdx.x] = sum / weight;
}
EXPORT(attend_combine)

static constexpr int QUERIES = 4;
static constexpr int BLOCK_QUERIES = QUERIES * HALF_WARPS;
static constexpr int TILE = 16;

/** Lane i of a half warp receives the sum over its 16 lanes of v[i]. */
DEVICE float transposed_sum(float (&v)[16], int lane16) {
#pragma unroll
    for (int w = 8; w > 0; w >>= 1) {
        bool upper = (lane16 & w) != 0;
#pragma unroll
        for (int j = 0; j < w; j++) {
            float kept = upper ? v[j + w] : v[j];
            float sent = upper ? v[j] : v[j + w];
            v[j] = kept + __shfl_xor_sync(ALL_LANES, sent, w);
        }
    }
    return v[0];
}

/**
 * Causal attention of a prompt: 32 queries of one head a block, four a half warp, over tiles of 16 positions in shared memory. Lane i owns the score of
 * position i of a tile, so that exponentials are computed once.
 */
template <class K>
DEVICE void attend_prefill(const float* q, const int* seq_start, const int* position, void* const* k_cache, void* const* v_cache, float* out,
        int heads, int kv_heads, int key_size, int value_size) {
    typedef typename K::Type T;
    __shared__ __align__(16) float key_tile[TILE][16 * WIDTH];
    __shared__ __align__(16) float value_tile[TILE][16 * WIDTH];
    int head = blockIdx.y;
    int sequence = blockIdx.z;
    int kv_head = head / (heads / kv_heads);
    int start = seq_start[sequence];
    int count = seq_start[sequence + 1] - start;
    int before = position[sequence];
    int first = blockIdx.x * BLOCK_QUERIES;
    if (first >= count) return;
    int half_warp = threadIdx.x >> 4;
    int lane16 = threadIdx.x & 15;
    const T* keys = static_cast<const T*>(k_cache[sequence]) + kv_head * key_size;
    const T* values = static_cast<const T*>(v_cache[sequence]) + kv_head * value_size;
    u64 k_stride = (u64)kv_heads * key_size;
    u64 v_stride = (u64)kv_heads * value_size;
    // value e of a lane is number 64 (e / 4) + 4 lane16 + e % 4: neighbouring lanes read neighbouring banks
    int own = 4 * lane16;
    float query[QUERIES][WIDTH];
    float acc[QUERIES][WIDTH] = {};
    float m[QUERIES];
    float l[QUERIES];
    int row[QUERIES];
    float scale = rsqrtf((float)key_size);
#pragma unroll
    for (int r = 0; r < QUERIES; r++) {
        m[r] = -INFINITY;
        l[r] = 0.0f;
        row[r] = first + half_warp * QUERIES + r;
        const float* from = q + ((u64)(start + smaller(row[r], count - 1)) * heads + head) * key_size;
#pragma unroll
        for (int e = 0; e < WIDTH; e++) {
            int i = 64 * (e / 4) + own + e % 4;
            query[r][e] = i < key_size ? from[i] * scale : 0.0f;
        }
    }
    int seen = before + smaller(first + BLOCK_QUERIES, count);
    for (int base = 0; base < seen; base += TILE) {
        __syncthreads();
        {
            float share[WIDTH];
            for (int t = half_warp; t < TILE; t += HALF_WARPS) {
                int at = smaller(base + t, seen - 1);
                read_share<K>(keys + at * k_stride, lane16, key_size, share);
#pragma unroll
                for (int i = 0; i < WIDTH; i++) key_tile[t][WIDTH * lane16 + i] = share[i];
                read_share<K>(values + at * v_stride, lane16, value_size, share);
#pragma unroll
                for (int i = 0; i < WIDTH; i++) value_tile[t][WIDTH * lane16 + i] = share[i];
            }
        }
        __syncthreads();
#pragma unroll
        for (int r = 0; r < QUERIES; r++) {
            float scores[TILE];
#pragma unroll
            for (int t = 0; t < TILE; t++) {
                float4 a = *reinterpret_cast<const float4*>(&key_tile[t][own]);
                float4 b = *reinterpret_cast<const float4*>(&key_tile[t][64 + own]);
                scores[t] = query[r][0] * a.x + query[r][1] * a.y + query[r][2] * a.z + query[r][3] * a.w + query[r][4] * b.x
                        + query[r][5] * b.y + query[r][6] * b.z + query[r][7] * b.w;
            }
            float score = transposed_sum(scores, lane16);
            if (base + lane16 > before + row[r]) score = -INFINITY;
            float top = score;
            for (int d = 8; d > 0; d >>= 1) top = fmaxf(top, __shfl_xor_sync(ALL_LANES, top, d));
            top = fmaxf(top, m[r]);
            // a tile behind a query's own position: every score is -infinity, and so is `top` only before the first tile
            float weight = score == -INFINITY ? 0.0f : expf(score - top);
            float keep = m[r] == -INFINITY ? 0.0f : expf(m[r] - top);
            m[r] = top;
            l[r] = l[r] * keep + half_warp_sum(weight);
#pragma unroll
            for (int e = 0; e < WIDTH; e++) acc[r][e] *= keep;
#pragma unroll
            for (int t = 0; t < TILE; t++) {
                float w = __shfl_sync(ALL_LANES, weight, (threadIdx.x & 16) + t);
                float4 a = *reinterpret_cast<const float4*>(&value_tile[t][own]);
                float4 b = *reinterpret_cast<const float4*>(&value_tile[t][64 + own]);
                acc[r][0] += w * a.x;
                acc[r][1] += w * a.y;
                acc[r][2] += w * a.z;
                acc[r][3] += w * a.w;
                acc[r][4] += w * b.x;
                acc[r][5] += w * b.y;
                acc[r][6] += w * b.z;
                acc[r][7] += w * b.w;
            }
        }
    }
#pragma unroll
    for (int r = 0; r < QUERIES; r++) {
        if (row[r] >= count) continue;
        float* to = out + ((u64)(start + row[r]) * heads + head) * value_size;
#pragma unroll
        for (int e = 0; e < WIDTH; e++) {
            int i = 64 * (e / 4) + own + e % 4;
            if (i < value_size) to[i] = acc[r][e] / l[r];
        }
    }
}

#define ATTEND_PREFILL(NAME, K)                                                                                                      \
    KERNEL(128, 3, attend_prefill_##NAME)(const float* q, const int* seq_start, const int* position, void* const* k_cache,           \
            void* const* v_cache, float* out, int heads, int kv_heads, int key_size, int value_size) {                               \
        wait_for_previous();                                                                                                         \
        attend_prefill<K>(q, seq_start, position, k_cache, v_cache, out, heads, kv_heads, key_size, value_size);                     \
    }                                                                                                                                \
    EXPORT(attend_prefill_##NAME)
ATTEND_PREFILL(f16, Half)
ATTEND_PREFILL(f32, Single)
