// What the GPU can do at most with the instructions that the products are made of.
#include "device.cuh"

/**
 * Nothing but matrix products of registers, eight of them under way at a time in every warp: `rounds` times 8 of 16 x 8 x 16, all of ones. The
 * eight begin with different sums, for a compiler would make one of equal ones; each thread leaves what they sum up to, 112 and 512 a round, so
 * that nothing can be left out.
 */
KERNEL(256, 2, matrix_rate)(int rounds, float* out) {
    float sums[8][4];
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 4; j++) sums[i][j] = (float)i;
    }
    wait_for_previous();
    u32 one = 0x3f803f80u;
    u32 a[4] = {one, one, one, one};
    for (int round = 0; round < rounds; round++) {
#pragma unroll
        for (int i = 0; i < 8; i++) mma_bf16(sums[i], a, one, one);
    }
    float sum = 0.0f;
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 4; j++) sum += sums[i][j];
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}
EXPORT(matrix_rate)
