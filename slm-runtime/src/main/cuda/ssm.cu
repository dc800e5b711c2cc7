// The selective state space one position after the other: h = exp(dt a) h + dt x B^T, y = h C + d x, then the gate silu(z). State is float.
#include "device.cuh"

/** Where things are in a row of `projected` and of `convolved`. */
struct Mixer {
    int heads;
    int head_size;
    int state_size;
    int groups;

    DEVICE int inner() const { return heads * head_size; }
    DEVICE int channels() const { return inner() + 2 * groups * state_size; }
    DEVICE int stride() const { return inner() + channels() + heads; }
    DEVICE int group_of(int head) const { return head / (heads / groups); }
    /** Channel of B, counted from the first of x. */
    DEVICE int b_of(int head) const { return inner() + group_of(head) * state_size; }
    DEVICE int c_of(int head) const { return b_of(head) + groups * state_size; }
};

/** h = decay h + x b; returns h . c. */
DEVICE float advance(float& h, float decay, float x, float b, float c) {
    h = h * decay + x * b;
    return h * c;
}

DEVICE float advance(float4& h, float decay, float x, const float4& b, const float4& c) {
    return advance(h.x, decay, x, b.x, c.x) + advance(h.y, decay, x, b.y, c.y) + advance(h.z, decay, x, b.z, c.z)
            + advance(h.w, decay, x, b.w, c.w);
}

/** Rows of state that a warp has on their way at a time. */
static constexpr int BATCH = 5;

/** The rows p, p + 8, ... of a head's state by one position. Lane r of the first BATCH returns h . c of row p + 8r. */
template <class V>
DEVICE float step_rows(float* h, int p, int end, float decay, float dt, const float* x, const float* b, const float* c, int state_size, int lane) {
    constexpr int WIDTH = sizeof(V) / sizeof(float);
    float sum[BATCH] = {};
    for (int n = WIDTH * lane; n < state_size; n += 32 * WIDTH) {
        V v[BATCH];
        V bv = *reinterpret_cast<const V*>(b + n);
        V cv = *reinterpret_cast<const V*>(c + n);
#pragma unroll
        for (int r = 0; r < BATCH; r++) {
            if (p + 8 * r < end) v[r] = *reinterpret_cast<const V*>(h + (u64)(p + 8 * r) * state_size + n);
        }
#pragma unroll
        for (int r = 0; r < BATCH; r++) {
            if (p + 8 * r >= end) break;
            sum[r] += advance(v[r], decay, dt * x[p + 8 * r], bv, cv);
            *reinterpret_cast<V*>(h + (u64)(p + 8 * r) * state_size + n) = v[r];
        }
    }
    float own = 0.0f;
#pragma unroll
    for (int r = 0; r < BATCH; r++) {
        float total = warp_sum(sum[r]);
        if (lane == r) own = total;
    }
    return own;
}

/**
 * The rows first .. end of a head by one position, y = h c + d x and the gate, by a thread block of 8 warps.
 *
 * @param h state of the head, [head_size][state_size]
 * @param x inputs of the head, in shared memory like b and c
 * @param z gate of the head
 */
DEVICE void step_head(float* h, int first, int end, float decay, float dt, float d, const float* x, const float* b, const float* c, const float* z,
        float* out, int state_size) {
    int lane = threadIdx.x & 31;
    for (int p = first + (threadIdx.x >> 5); p < end; p += 8 * BATCH) {
        float y = (state_size & 3) == 0 ? step_rows<float4>(h, p, end, decay, dt, x, b, c, state_size, lane)
                                        : step_rows<float>(h, p, end, decay, dt, x, b, c, state_size, lane);
        int own = p + 8 * lane;
        if (lane < BATCH && own < end) out[own] = (y + d * x[own]) * silu(z[own]);
    }
}

/** The convolution of one channel at one position, whose input goes to its slot if this block is the one to write it. */
DEVICE float conv_step(float input, float* state, const float* weight, float bias, int channel, int channels, int position, int taps, bool write) {
    float sum = bias + weight[taps - 1] * input;
    for (int k = 1; k < taps; k++) {
        // slots of positions before the first one hold zeros
        int slot = (position + taps - k) % taps;
        sum += weight[taps - 1 - k] * state[(u64)slot * channels + channel];
    }
    if (write) state[(u64)(position % taps) * channels + channel] = input;
    return silu(sum);
}

/**
 * One position of every sequence: convolution, recurrence and gate in one launch. A block has a part of a head; B and C of its group it convolves for
 * itself. Nobody reads the slot that this position's inputs go to, so the blocks of a group need not wait for each other.
 */
KERNEL(256, 4, ssm_step)(const float* projected, const float* conv_weight, const float* conv_bias, const float* dt_bias, const float* a,
        const float* d, const int* position, float* const* conv_state, float* const* ssm_state, float* out, int heads, int head_size,
        int state_size, int groups, int taps, int parts) {
    DYNAMIC_SHARED(memory);
    wait_for_previous();
    Mixer m = {heads, head_size, state_size, groups};
    int head = blockIdx.x / parts;
    int part = blockIdx.x % parts;
    int sequence = blockIdx.y;
    int first = head_size * part / parts;
    int end = head_size * (part + 1) / parts;
    int at = position[sequence];
    const float* row = projected + (u64)sequence * m.stride();
    float* convolutions = conv_state[sequence];
    float* b = reinterpret_cast<float*>(memory);
    float* c = b + state_size;
    float* x = c + state_size;
    bool first_of_group = head % (heads / groups) == 0 && part == 0;
    for (int i = threadIdx.x; i < 2 * state_size + end - first; i += blockDim.x) {
        bool in_x = i >= 2 * state_size;
        int channel = in_x ? head * head_size + first + i - 2 * state_size
                           : i < state_size ? m.b_of(head) + i : m.c_of(head) + i - state_size;
        b[i] = conv_step(row[m.inner() + channel], convolutions, conv_weight + (u64)channel * taps, conv_bias[channel], channel, m.channels(),
                at, taps, in_x || first_of_group);
    }
    float dt = softplus(row[m.inner() + m.channels() + head] + dt_bias[head]);
    float decay = expf(dt * a[head]);
    __syncthreads();
    step_head(ssm_state[sequence] + (u64)(head * head_size) * state_size, first, end, decay, dt, d[head], x - first, b, c, row + head * head_size,
            out + (u64)sequence * m.inner() + head * head_size, state_size);
}
EXPORT(ssm_step)

/** All positions of every sequence, one after the other, from convolved inputs. The truth for the chunked kernels. */
KERNEL(256, 4, ssm_scan)(const float* projected, const float* convolved, const int* seq_start, const float* dt_bias, const float* a,
        const float* d, float* const* ssm_state, float* out, int heads, int head_size, int state_size, int groups) {
    DYNAMIC_SHARED(memory);
    wait_for_previous();
    Mixer m = {heads, head_size, state_size, groups};
    int head = blockIdx.x;
    int sequence = blockIdx.y;
    float* b = reinterpret_cast<float*>(memory);
    float* c = b + state_size;
    float* x = c + state_size;
    float* h = ssm_state[sequence] + (u64)(head * head_size) * state_size;
    for (int t = seq_start[sequence]; t < seq_start[sequence + 1]; t++) {
        const float* row = projected + (u64)t * m.stride();
        const float* inputs = convolved + (u64)t * m.channels();
        __syncthreads();
        for (int i = threadIdx.x; i < state_size; i += blockDim.x) {
            b[i] = inputs[m.b_of(head) + i];
            c[i] = inputs[m.c_of(head) + i];
        }
        for (int i = threadIdx.x; i < head_size; i += blockDim.x) x[i] = inputs[head * head_size + i];
        __syncthreads();
        float dt = softplus(row[m.inner() + m.channels() + head] + dt_bias[head]);
        step_head(h, 0, head_size, expf(dt * a[head]), dt, d[head], x, b, c, row + head * head_size,
                out + (u64)t * m.inner() + head * head_size, state_size);
    }
}
EXPORT(ssm_scan)
