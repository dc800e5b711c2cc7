// What needs PTX, in one place. Everything else is plain C++ that also runs on a processor: there, cuda_shim.h stands in for this file.
#pragma once

#ifdef OUTRIDER_SHIM
#include "cuda_shim.h"
#else

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define DEVICE __device__ __forceinline__
/** A kernel for blocks of at most `threads`, of which `blocks` must fit on a multiprocessor. */
#define KERNEL(threads, blocks, name) extern "C" __global__ void __launch_bounds__(threads, blocks) name
/** Lets the shim offer the kernel by name. */
#define EXPORT(name)
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) u8 name[]

#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)

static constexpr u32 ALL_LANES = 0xffffffffu;

/** Waits for the kernels before this one, once their dependents were let go. */
DEVICE void wait_for_previous() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/** 16 bytes that are read once. */
DEVICE uint4 load_once(const uint4* from) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "l"(from));
    return v;
}

/**
 * d += a . b on a warp, m16n8k16, bf16 in and float sums. Lane 4g+t holds: a rows g, g+8, g, g+8 at columns 2t, 2t, 2t+8, 2t+8 (pairs);
 * b column g at rows 2t, 2t+8 (pairs); d rows g, g, g+8, g+8 at columns 2t, 2t+1, 2t, 2t+1.
 */
DEVICE void mma_bf16(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/** Starts the copy of 16 bytes from global to shared memory. */
DEVICE void copy_async(void* to, const void* from) {
    u32 at = (u32)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(at), "l"(from) : "memory");
}

/** Ends a group of copies. */
DEVICE void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/** Waits until at most `PENDING` groups of copies of this thread are under way. */
template <int PENDING>
DEVICE void copy_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

DEVICE float half_to_float(u32 bits) {
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"((u16)bits));
    return f;
}

DEVICE u16 float_to_half(float f) {
    u16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(f));
    return bits;
}

/** Two floats rounded to bf16, the first in the lower half. */
DEVICE u32 bf16_pair(float low, float high) {
    u32 d;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(d) : "f"(high), "f"(low));
    return d;
}

/** Sums of two pairs of bf16; exact for small integers. */
DEVICE u32 bf16_add(u32 a, u32 b) {
    u32 d;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(0x3f803f80u), "r"(b));
    return d;
}

#endif

DEVICE float low_bf16(u32 pair) { return __uint_as_float(pair << 16); }

DEVICE float high_bf16(u32 pair) { return __uint_as_float(pair & 0xffff0000u); }

/** The upper halves of two floats: bf16 by truncation, exact where 8 bits are enough. */
DEVICE u32 upper_halves(float low, float high) { return __byte_perm(__float_as_uint(low), __float_as_uint(high), 0x7632); }

DEVICE float truncated(float f) { return __uint_as_float(__float_as_uint(f) & 0xffff0000u); }

template <class T>
DEVICE T smaller(T a, T b) {
    return a < b ? a : b;
}

DEVICE int div_up(int a, int b) { return (a + b - 1) / b; }

DEVICE float warp_sum(float v) {
    for (int d = 16; d > 0; d >>= 1) v += __shfl_xor_sync(ALL_LANES, v, d);
    return v;
}

/** x / (1 + exp(-x)). */
DEVICE float silu(float x) { return x / (1.0f + expf(-x)); }

/** log(1 + exp(x)); above 20 the difference to x is below a float's resolution. */
DEVICE float softplus(float x) { return x > 20.0f ? x : log1pf(expf(x)); }

/** What becomes of a sum: 0 it is stored, 1 added to what is there, 2 max(x, 0)^2 is stored. */
DEVICE void finish(float* out, float sum, int epilogue) {
    if (epilogue == 1) sum += *out;
    if (epilogue == 2) sum = sum > 0.0f ? sum * sum : 0.0f;
    *out = sum;
}
