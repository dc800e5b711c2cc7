// Token embeddings: rows of a matrix as floats, bit-equal to ggml's dequantize_row_*.
#include "formats.cuh"

template <class F>
DEVICE void embed(const void* matrix, int n_out, int n_in, const int* tokens, float* out) {
    Matrix<F> m(matrix, n_out, n_in);
    int row = tokens[blockIdx.x];
    float* to = out + (u64)blockIdx.x * n_in;
    for (int i = threadIdx.x; i < m.groups * 4; i += blockDim.x) {
        int group = i / 4;
        int t = i % 4;
        Share<F> share;
        m.load(share, row / 16, group, row % 16, t);
#pragma unroll
        for (int b = 0; b < F::BLOCKS; b++) {
            float values[8] = {};
#pragma unroll
            for (int term = F::TERMS - 1; term >= 0; term--) {
                u32 pairs[4];
                F::pairs(share, b, term, pairs);
#pragma unroll
                for (int p = 0; p < 4; p++) {
                    values[2 * p] += low_bf16(pairs[p]);
                    values[2 * p + 1] += high_bf16(pairs[p]);
                }
            }
            float offset = F::offset(share, b);
#pragma unroll
            for (int e = 0; e < 8; e++) {
                int column = 32 * (group * F::BLOCKS + b) + element_at(8 * t + e);
                float value = values[e];
                if (F::SCALED) value = __fmul_rn(F::scale(share, b, e >> 2), value);
                if (F::OFFSET) value = __fadd_rn(value, offset);
                if (column < n_in) to[column] = value;
            }
        }
    }
}

#define EMBED(T)                                                                                             \
    KERNEL(128, 4, embed_##T)(const void* matrix, int n_out, int n_in, const int* tokens, float* out) {      \
        wait_for_previous();                                                                                 \
        embed<T>(matrix, n_out, n_in, tokens, out);                                                          \
    }                                                                                                        \
    EXPORT(embed_##T)

FOR_EACH_FORMAT(EMBED)
