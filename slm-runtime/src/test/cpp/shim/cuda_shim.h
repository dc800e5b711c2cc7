// Runs CUDA kernels on a processor: one block after the other, its threads as fibers that take turns at barriers and warp operations.
// Stands in for device.cuh's PTX; the .cu sources are the same. Shared memory starts as NaN, asynchronous copies arrive only when they are waited for,
// and the order of threads can be turned round, so that a forgotten barrier or wait shows in the result.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct dim3 {
    unsigned x, y, z;
};
struct uint2 {
    u32 x, y;
} __attribute__((aligned(8)));
struct uint4 {
    u32 x, y, z, w;
} __attribute__((aligned(16)));
struct float4 {
    float x, y, z, w;
} __attribute__((aligned(16)));

static inline uint2 make_uint2(u32 x, u32 y) { return {x, y}; }
static inline uint4 make_uint4(u32 x, u32 y, u32 z, u32 w) { return {x, y, z, w}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

extern dim3 threadIdx, blockIdx, blockDim, gridDim;

#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define DEVICE inline
#define DYNAMIC_SHARED(name) u8* name = shim::dynamic_shared()
#define KERNEL(threads, blocks, name)                 \
    static constexpr unsigned name##_threads = threads; \
    static void name
#define EXPORT(name)                                                                                                \
    extern "C" __attribute__((visibility("default"))) void launch_##name(dim3 grid, dim3 block, size_t shared, void** params) { \
        shim::launch(#name, name##_threads, name, grid, block, shared, params);                                     \
    }

static constexpr u32 ALL_LANES = 0xffffffffu;

namespace shim {

/** What the lanes of a warp show each other: 64 bytes each. */
struct Slot {
    alignas(16) u8 bytes[64];
};

u8* dynamic_shared();
void block_barrier();
/** Shows `size` bytes to the warp, waits for all lanes, and returns what lane 0 .. 31 show; valid until the operation after the next. */
const Slot* exchange(const void* value, size_t size);
void copy_async(void* to, const void* from, size_t size);
void copy_commit();
void copy_wait(int pending);

struct Body {
    void (*run)(void* context);
    void* context;
};
void run(const char* name, unsigned most_threads, Body body, dim3 grid, dim3 block, size_t shared);

template <class... A, size_t... I>
void launch_with(const char* name, unsigned most_threads, void (*kernel)(A...), dim3 grid, dim3 block, size_t shared, void** params,
        std::index_sequence<I...>) {
    std::tuple<void (*)(A...), A...> call{kernel, *static_cast<A*>(params[I])...};
    Body body = {[](void* context) {
                     auto& c = *static_cast<std::tuple<void (*)(A...), A...>*>(context);
                     std::get<0>(c)(std::get<I + 1>(c)...);
                 },
            &call};
    run(name, most_threads, body, grid, block, shared);
}

template <class... A>
void launch(const char* name, unsigned most_threads, void (*kernel)(A...), dim3 grid, dim3 block, size_t shared, void** params) {
    launch_with(name, most_threads, kernel, grid, block, shared, params, std::index_sequence_for<A...>{});
}

template <class T>
T from_lane(const Slot* slots, int lane) {
    T v;
    memcpy(&v, slots[lane].bytes, sizeof(T));
    return v;
}

}  // namespace shim

static inline void __syncthreads() { shim::block_barrier(); }
static inline void __syncwarp() {
    int nothing = 0;
    shim::exchange(&nothing, sizeof(nothing));
}
static inline void __threadfence() {}
static inline void wait_for_previous() {}

template <class T>
T __shfl_sync(u32, T v, int lane) {
    return shim::from_lane<T>(shim::exchange(&v, sizeof(T)), lane & 31);
}
template <class T>
T __shfl_xor_sync(u32, T v, int mask) {
    return shim::from_lane<T>(shim::exchange(&v, sizeof(T)), (threadIdx.x & 31) ^ mask);
}
template <class T>
T __shfl_up_sync(u32, T v, unsigned distance) {
    const shim::Slot* slots = shim::exchange(&v, sizeof(T));
    unsigned lane = threadIdx.x & 31;
    return lane < distance ? v : shim::from_lane<T>(slots, lane - distance);
}
static inline u32 __ballot_sync(u32, int predicate) {
    const shim::Slot* slots = shim::exchange(&predicate, sizeof(predicate));
    u32 votes = 0;
    for (int i = 0; i < 32; i++) votes |= (shim::from_lane<int>(slots, i) != 0 ? 1u : 0u) << i;
    return votes;
}

template <class T>
T atomicAdd(T* at, T v) {
    T old = *at;
    *at = old + v;
    return old;
}
template <class T>
T atomicMax(T* at, T v) {
    T old = *at;
    if (v > old) *at = v;
    return old;
}
template <class T>
T atomicMin(T* at, T v) {
    T old = *at;
    if (v < old) *at = v;
    return old;
}

static inline float __uint_as_float(u32 bits) {
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
static inline u32 __float_as_uint(float f) {
    u32 bits;
    memcpy(&bits, &f, 4);
    return bits;
}
static inline u32 __byte_perm(u32 a, u32 b, u32 selector) {
    u64 both = (u64)b << 32 | a;
    u32 out = 0;
    for (int i = 0; i < 4; i++) out |= (u32)(both >> (8 * ((selector >> (4 * i)) & 7)) & 0xff) << (8 * i);
    return out;
}
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
using std::isfinite;

static inline uint4 load_once(const uint4* from) { return *from; }
static inline void copy_async(void* to, const void* from) { shim::copy_async(to, from, 16); }
static inline void copy_commit() { shim::copy_commit(); }
template <int PENDING>
void copy_wait() {
    shim::copy_wait(PENDING);
}

/** IEEE half to float. */
static inline float half_to_float(u32 bits) {
    u32 sign = (bits & 0x8000u) << 16;
    u32 exponent = (bits >> 10) & 31;
    u32 mantissa = bits & 0x3ffu;
    if (exponent == 0) {
        float f = (float)mantissa * 5.9604644775390625e-8f;  // 2^-24
        return sign != 0 ? -f : f;
    }
    if (exponent == 31) return __uint_as_float(sign | 0x7f800000u | mantissa << 13);
    return __uint_as_float(sign | (exponent + 112) << 23 | mantissa << 13);
}

/** Float to half, to the nearest, ties to even. */
static inline u16 float_to_half(float f) {
    u32 bits = __float_as_uint(f);
    u16 sign = (u16)((bits >> 16) & 0x8000u);
    u32 magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return sign | 0x7fffu;
    if (magnitude >= 0x477ff000u) return sign | 0x7c00u;
    if (magnitude < 0x38800000u) return sign | (u16)nearbyintf(__uint_as_float(magnitude) * 16777216.0f);  // 2^24
    return sign | (u16)((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1)) >> 13);
}

static inline u32 bf16_bits(float f) {
    u32 bits = __float_as_uint(f);
    if (f != f) return 0x7fffu;
    return (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
}
static inline u32 bf16_pair(float low, float high) { return bf16_bits(low) | bf16_bits(high) << 16; }
static inline u32 bf16_add(u32 a, u32 b) {
    return bf16_pair(__uint_as_float(a << 16) + __uint_as_float(b << 16), __uint_as_float(a & 0xffff0000u) + __uint_as_float(b & 0xffff0000u));
}

/** See device.cuh. Sums in double, rounded once. */
static inline void mma_bf16(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    u32 own[6] = {a[0], a[1], a[2], a[3], b0, b1};
    const shim::Slot* slots = shim::exchange(own, sizeof(own));
    int lane = threadIdx.x & 31;
    for (int i = 0; i < 4; i++) {
        int row = lane / 4 + 8 * (i / 2);
        int column = 2 * (lane % 4) + i % 2;
        double sum = d[i];
        for (int k = 0; k < 16; k++) {
            int t = k % 8 / 2;
            const u32* of_a = reinterpret_cast<const u32*>(slots[4 * (row % 8) + t].bytes);
            const u32* of_b = reinterpret_cast<const u32*>(slots[4 * column + t].bytes);
            u32 a_pair = of_a[row / 8 + 2 * (k / 8)];
            u32 b_pair = of_b[4 + k / 8];
            float x = __uint_as_float(k % 2 == 0 ? a_pair << 16 : a_pair & 0xffff0000u);
            float y = __uint_as_float(k % 2 == 0 ? b_pair << 16 : b_pair & 0xffff0000u);
            sum += (double)x * y;
        }
        d[i] = (float)sum;
    }
}
