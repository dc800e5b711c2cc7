// Causal depthwise convolution and SiLU over x, B and C of a prompt. A sequence's inputs of the last `taps` positions are kept: position p in slot p % taps.
#include "device.cuh"

static constexpr int SLAB = 32;
static constexpr int MOST_TAPS = 8;

/** One block 128 channels of 32 rows of a sequence; the block of the first rows reads the state and leaves the new one. */
KERNEL(128, 8, conv1d_chunk)(const float* projected, const int* seq_start, const int* position, const float* conv_weight,
        const float* conv_bias, float* const* conv_state, float* convolved, int heads, int head_size, int state_size, int groups, int taps) {
    wait_for_previous();
    int inner = heads * head_size;
    int channels = inner + 2 * groups * state_size;
    int stride = inner + channels + heads;
    int channel = blockIdx.x * blockDim.x + threadIdx.x;
    int sequence = blockIdx.z;
    int start = seq_start[sequence];
    int count = seq_start[sequence + 1] - start;
    int from = blockIdx.y * SLAB;
    int to = smaller(from + SLAB, count);
    if (channel >= channels || from >= count) return;
    float* state = conv_state[sequence];
    int before = position[sequence];
    const float* inputs = projected + (u64)start * stride + inner + channel;
    float weight[MOST_TAPS];
    float window[MOST_TAPS];
#pragma unroll
    for (int k = 0; k < MOST_TAPS; k++) {
        weight[k] = k < taps ? conv_weight[(u64)channel * taps + k] : 0.0f;
        // window[k] is the input of position from - taps + k
        int t = from - taps + k;
        window[k] = 0.0f;
        if (k < taps && t >= 0) window[k] = inputs[(u64)t * stride];
        if (k < taps && t < 0 && before + t >= 0) window[k] = state[(u64)((before + t) % taps) * channels + channel];
    }
    for (int t = from; t < to; t++) {
        float sum = conv_bias[channel];
#pragma unroll
        for (int k = 0; k < MOST_TAPS; k++) {
            if (k + 1 < MOST_TAPS && k + 1 < taps) window[k] = window[k + 1];
            if (k + 1 == taps) window[k] = inputs[(u64)t * stride];
            if (k < taps) sum += weight[k] * window[k];
        }
        convolved[(u64)(start + t) * channels + channel] = silu(sum);
    }
    if (from == 0) {
        for (int t = count > taps ? count - taps : 0; t < count; t++) {
            state[(u64)((before + t) % taps) * channels + channel] = inputs[(u64)t * stride];
        }
    }
}
EXPORT(conv1d_chunk)
