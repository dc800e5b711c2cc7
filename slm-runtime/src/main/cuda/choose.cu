// From logits to a token and its evidence, so that a step returns 16 bytes a sequence. The same choice as Backend.choose on the processor: figures at
// temperature 1 over the whole vocabulary; then mask, temperature, nucleus (arXiv 1904.09751), and a draw in the order of ids with a counter-based number.
#include "device.cuh"

struct ChoiceRequest {
    float temperature;
    float top_p;
    int mask;
    int unused;
    u64 seed;
    u64 position;
};

struct TokenChoice {
    int token;
    float log_probability;
    float top2_margin;
    float masked_mass;
};

/** What a part of a row says about it. Sums are relative to the part's own largest logit. */
struct Stats {
    float top;
    int top_id;
    float second;
    float allowed;
    int allowed_id;
    int unused;
    double sum;
    double masked;
    double unused2;
};

static constexpr int NOBODY = 0x7fffffff;

DEVICE bool allows(const u32* masks, int mask, int id) { return mask < 0 || ((masks[mask + (id >> 5)] >> (id & 31)) & 1) != 0; }

/** Whether a is before b: larger, or as large with a lower id. */
DEVICE bool before(float a, int a_id, float b, int b_id) { return a > b || (a == b && a_id < b_id); }

/** The largest logit, the second largest, and the largest that the mask allows. */
struct Tops {
    float top;
    int top_id;
    float second;
    float allowed;
    int allowed_id;

    DEVICE void add(const Tops& other) {
        bool theirs = before(other.top, other.top_id, top, top_id);
        second = fmaxf(theirs ? top : second, theirs ? other.second : other.top);
        if (theirs) {
            top = other.top;
            top_id = other.top_id;
        }
        if (before(other.allowed, other.allowed_id, allowed, allowed_id)) {
            allowed = other.allowed;
            allowed_id = other.allowed_id;
        }
    }

    DEVICE void add_warp() {
        for (int d = 16; d > 0; d >>= 1) {
            Tops other;
            other.top = __shfl_xor_sync(ALL_LANES, top, d);
            other.top_id = __shfl_xor_sync(ALL_LANES, top_id, d);
            other.second = __shfl_xor_sync(ALL_LANES, second, d);
            other.allowed = __shfl_xor_sync(ALL_LANES, allowed, d);
            other.allowed_id = __shfl_xor_sync(ALL_LANES, allowed_id, d);
            add(other);
        }
    }
};

DEVICE Tops no_tops() {
    Tops t = {-INFINITY, NOBODY, -INFINITY, -INFINITY, NOBODY};
    return t;
}

DEVICE double warp_sum(double v) {
    for (int d = 16; d > 0; d >>= 1) v += __shfl_xor_sync(ALL_LANES, v, d);
    return v;
}

/** One block a part of a row. */
KERNEL(256, 4, logits_stats)(const float* logits, int vocabulary, const ChoiceRequest* requests, const u32* masks, Stats* stats) {
    __shared__ Tops warp_tops[8];
    __shared__ double warp_sums[8][2];
    wait_for_previous();
    int parts = gridDim.x;
    int row = blockIdx.y;
    int mask = requests[row].mask;
    const float* values = logits + (u64)row * vocabulary;
    int from = (int)((u64)vocabulary * blockIdx.x / parts);
    int to = (int)((u64)vocabulary * (blockIdx.x + 1) / parts);
    int warp = threadIdx.x >> 5;
    int lane = threadIdx.x & 31;
    Tops tops = no_tops();
    for (int i = from + threadIdx.x; i < to; i += blockDim.x) {
        Tops one = {values[i], i, -INFINITY, -INFINITY, NOBODY};
        if (allows(masks, mask, i)) {
            one.allowed = one.top;
            one.allowed_id = i;
        }
        tops.add(one);
    }
    tops.add_warp();
    if (lane == 0) warp_tops[warp] = tops;
    __syncthreads();
    tops = warp_tops[0];
    for (int w = 1; w < 8; w++) tops.add(warp_tops[w]);
    double sum = 0.0;
    double masked = 0.0;
    for (int i = from + threadIdx.x; i < to; i += blockDim.x) {
        // a part that holds nothing but -infinity has no mass; one that holds no number keeps saying so
        float e = values[i] == -INFINITY ? 0.0f : expf(values[i] - tops.top);
        sum += e;
        if (!allows(masks, mask, i)) masked += e;
    }
    sum = warp_sum(sum);
    masked = warp_sum(masked);
    if (lane == 0) {
        warp_sums[warp][0] = sum;
        warp_sums[warp][1] = masked;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < 8; w++) {
            sum += warp_sums[w][0];
            masked += warp_sums[w][1];
        }
        Stats out = {tops.top, tops.top_id, tops.second, tops.allowed, tops.allowed_id, 0, sum, masked, 0.0};
        stats[(u64)row * parts + blockIdx.x] = out;
    }
}
EXPORT(logits_stats)

/** Sum of `v` over the threads before this one; `total` over all. For 1024 threads; ends with a barrier. */
DEVICE double block_prefix(double v, double* scratch, double& total) {
    int warp = threadIdx.x >> 5;
    int lane = threadIdx.x & 31;
    double sum = v;
    for (int d = 1; d < 32; d <<= 1) {
        double other = __shfl_up_sync(ALL_LANES, sum, d);
        if (lane >= d) sum += other;
    }
    if (lane == 31) scratch[warp] = sum;
    __syncthreads();
    double before_warp = 0.0;
    total = 0.0;
    for (int w = 0; w < 32; w++) {
        if (w == warp) before_warp = total;
        total += scratch[w];
    }
    __syncthreads();
    // not sum - v: a difference could be negative by rounding
    double before_lane = __shfl_up_sync(ALL_LANES, sum, 1);
    return before_warp + (lane == 0 ? 0.0 : before_lane);
}

/** Unsigned numbers in the order of floats. */
DEVICE u32 order_of(float f) {
    u32 bits = __float_as_uint(f);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/** The lightest logit of a nucleus, and how many tokens with just this logit belong to it. */
struct Edge {
    u32 key;
    double room;
    double kept;
};

static constexpr int BINS = 2048;

/** Finds the edge by the digits of the keys, 11, 11 and 10 bits: weights are summed by digit, and the digit is taken at which the mass is reached. */
DEVICE Edge nucleus(const float* values, const double* weights, int vocabulary, double mass, double* bins, double* scratch) {
    __shared__ u32 chosen;
    __shared__ u32 lightest;
    __shared__ double above;
    u32 prefix = 0;
    double heavier = 0.0;
    for (int shift = 21; shift >= 0; shift -= shift == 21 ? 11 : 10) {
        for (int i = threadIdx.x; i < BINS; i += blockDim.x) bins[i] = 0.0;
        if (threadIdx.x == 0) {
            chosen = BINS;
            lightest = BINS;
        }
        __syncthreads();
        u32 digits = shift == 0 ? 1024 : 2048;
        u32 known = shift == 21 ? 0 : ~0u << (shift == 10 ? 21 : 10);
        for (int i = threadIdx.x; i < vocabulary; i += blockDim.x) {
            if (weights[i] <= 0.0) continue;
            u32 key = order_of(values[i]);
            if ((key & known) == prefix) atomicAdd(&bins[(key >> shift) & (digits - 1)], weights[i]);
        }
        __syncthreads();
        // thread i has the digits 2047 - 2i and 2046 - 2i: the heaviest ones first
        int upper = BINS - 1 - 2 * threadIdx.x;
        double total;
        double own = bins[upper] + bins[upper - 1];
        double sum = heavier + block_prefix(own, scratch, total);
        for (int i = 0; i < 2; i++) {
            double next = sum + bins[upper - i];
            if (bins[upper - i] > 0.0) atomicMin(&lightest, (u32)(upper - i));
            if (sum < mass && next >= mass && bins[upper - i] > 0.0) {
                chosen = upper - i;
                above = sum;
            }
            sum = next;
        }
        __syncthreads();
        // by rounding the mass may be out of reach: then everything belongs to the nucleus, down to the lightest
        u32 digit = chosen == BINS ? lightest : chosen;
        heavier = chosen == BINS ? heavier + total - bins[digit] : above;
        prefix |= digit << shift;
        __syncthreads();
    }
    // all tokens of this key have one weight
    double count = 0.0;
    double weight = 0.0;
    for (int i = threadIdx.x; i < vocabulary; i += blockDim.x) {
        if (order_of(values[i]) == prefix && weights[i] > 0.0) {
            count += 1.0;
            weight = weights[i];
        }
    }
    double members;
    block_prefix(count, scratch, members);
    if (weight > 0.0) above = weight;
    __syncthreads();
    weight = above;
    Edge edge;
    edge.key = prefix;
    edge.room = fmax(1.0, fmin(members, ceil((mass - heavier) / weight)));
    edge.kept = heavier + edge.room * weight;
    return edge;
}

/** Draws a token; all 1024 threads of the block take part. */
DEVICE int draw(const float* values, int vocabulary, const ChoiceRequest& request, const u32* masks, float top, double* weights, double* bins,
        double* scratch) {
    __shared__ int drawn;
    __shared__ int last;
    if (threadIdx.x == 0) drawn = NOBODY;
    if (threadIdx.x == 0) last = -1;
    double own = 0.0;
    for (int i = threadIdx.x; i < vocabulary; i += blockDim.x) {
        double w = allows(masks, request.mask, i) ? exp(((double)values[i] - (double)top) / (double)request.temperature) : 0.0;
        weights[i] = w;
        own += w;
    }
    double kept;
    block_prefix(own, scratch, kept);
    Edge edge = {0, 0.0, 0.0};
    bool cut = request.top_p < 1.0f;
    if (cut) {
        edge = nucleus(values, weights, vocabulary, (double)request.top_p * kept, bins, scratch);
        kept = edge.kept;
    }
    int per_thread = div_up(vocabulary, blockDim.x);
    int from = smaller((int)threadIdx.x * per_thread, vocabulary);
    int to = smaller(from + per_thread, vocabulary);
    double ties = 0.0;
    if (cut) {
        for (int i = from; i < to; i++) ties += order_of(values[i]) == edge.key && weights[i] > 0.0 ? 1.0 : 0.0;
    }
    double total;
    double rank = block_prefix(ties, scratch, total);
    double sum = 0.0;
    int own_last = -1;
    for (int i = from; i < to; i++) {
        u32 key = order_of(values[i]);
        if (cut && weights[i] > 0.0 && (key < edge.key || (key == edge.key && rank++ >= edge.room))) weights[i] = 0.0;
        sum += weights[i];
        if (weights[i] > 0.0) own_last = i;
    }
    if (own_last >= 0) atomicMax(&last, own_last);
    double before_own = block_prefix(sum, scratch, total);
    // SplitMix64, output number `position` of the stream that `seed` starts: as in ChoiceRequest.uniform
    u64 z = request.seed + (request.position + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    double mark = (double)((z ^ (z >> 31)) >> 11) * (1.0 / 9007199254740992.0) * kept;
    if (before_own <= mark && mark < before_own + sum) {
        double at = before_own;
        int found = own_last;
        for (int i = from; i < to; i++) {
            at += weights[i];
            if (weights[i] > 0.0 && at > mark) {
                found = i;
                break;
            }
        }
        atomicMin(&drawn, found);
    }
    __syncthreads();
    return drawn == NOBODY ? last : drawn;
}

/** One block of 1024 threads a row. */
KERNEL(1024, 1, logits_choose)(const float* logits, int vocabulary, const ChoiceRequest* requests, const u32* masks, const Stats* stats, int parts,
        double* weights, TokenChoice* choices, int* next_tokens) {
    __shared__ Tops row_tops;
    __shared__ double row_sums[2];
    __shared__ double scratch[32];
    __shared__ double bins[BINS];
    wait_for_previous();
    int row = blockIdx.x;
    const float* values = logits + (u64)row * vocabulary;
    const Stats* own = stats + (u64)row * parts;
    ChoiceRequest request = requests[row];
    if (threadIdx.x < 32) {
        Tops tops = no_tops();
        for (int i = threadIdx.x; i < parts; i += 32) {
            Tops other = {own[i].top, own[i].top_id, own[i].second, own[i].allowed, own[i].allowed_id};
            tops.add(other);
        }
        tops.add_warp();
        double sum = 0.0;
        double masked = 0.0;
        for (int i = threadIdx.x; i < parts; i += 32) {
            double factor = exp((double)own[i].top - (double)tops.top);
            sum += own[i].sum * factor;
            masked += own[i].masked * factor;
        }
        sum = warp_sum(sum);
        masked = warp_sum(masked);
        if (threadIdx.x == 0) {
            row_tops = tops;
            row_sums[0] = sum;
            row_sums[1] = masked;
        }
    }
    __syncthreads();
    double sum = row_sums[0];
    bool choosable = isfinite(row_tops.top) && isfinite(sum) && row_tops.allowed_id != NOBODY;
    int token = row_tops.allowed_id;
    if (choosable && request.temperature > 0.0f) {
        token = draw(values, vocabulary, request, masks, row_tops.allowed, weights + (u64)row * vocabulary, bins, scratch);
    }
    if (threadIdx.x == 0) {
        TokenChoice choice = {-1, NAN, NAN, NAN};
        if (choosable) {
            choice.token = token;
            choice.log_probability = (float)fmin(0.0, (double)values[token] - (double)row_tops.top - log(sum));
            choice.top2_margin = (float)fmin(1.0, fmax(0.0, (1.0 - exp((double)row_tops.second - (double)row_tops.top)) / sum));
            choice.masked_mass = (float)fmin(1.0, row_sums[1] / sum);
        }
        choices[row] = choice;
        if (next_tokens != nullptr) next_tokens[row] = choice.token;
    }
}
EXPORT(logits_choose)
