// The scheduler behind cuda_shim.h.
#include "cuda_shim.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <vector>

dim3 threadIdx, blockIdx, blockDim, gridDim;

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)

// callee-saved registers go on the stack; that is the whole context of a fiber between two calls
extern "C" void shim_switch(void** save, void* load);
asm(R"(
.text
.type shim_switch, @function
shim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size shim_switch, .-shim_switch
)");

struct Context {
    void* top = nullptr;

    void prepare(u8* stack, size_t size, void (*entry)()) {
        // on entry the stack is 16-byte aligned less the return address
        void** at = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(stack) + size) & ~uintptr_t(15)) - 2;
        *at = reinterpret_cast<void*>(entry);
        top = at - 6;
    }
    void to(Context& other) { shim_switch(&top, other.top); }
};

#else

#include <ucontext.h>

struct Context {
    ucontext_t context;

    void prepare(u8* stack, size_t size, void (*entry)()) {
        getcontext(&context);
        context.uc_stack.ss_sp = stack;
        context.uc_stack.ss_size = size;
        context.uc_link = nullptr;
        makecontext(&context, entry, 0);
    }
    void to(Context& other) { swapcontext(&context, &other.context); }
};

#endif

namespace shim {
namespace {

constexpr size_t STACK = 64 * 1024;
constexpr unsigned MOST_THREADS = 1024;
constexpr size_t GUARD = 64;

struct Barrier {
    unsigned expected = 0;
    unsigned arrived = 0;
    u64 generation = 0;
};

struct Copy {
    void* to;
    const void* from;
    size_t size;
    u64 group;
};

struct Fiber {
    Context context;
    dim3 index{};
    bool finished = false;
    /** Operations of this lane's warp that it has taken part in. */
    u64 operations = 0;
    u64 copy_group = 0;
    std::vector<Copy> copies;
};

struct Warp {
    Barrier barrier;
    Slot slots[2][32];
};

std::mutex one_launch;
Context scheduler;
Fiber fibers[MOST_THREADS];
Warp warps[MOST_THREADS / 32];
Barrier block;
u8* stacks = nullptr;
unsigned current = 0;
Body body{};
u8* shared_memory = nullptr;
bool progress = false;
unsigned order_seed = 0;
char error[256] = "";

void release(Barrier& barrier) {
    barrier.arrived = 0;
    barrier.generation++;
    progress = true;
}

void wait(Barrier& barrier) {
    u64 generation = barrier.generation;
    if (++barrier.arrived >= barrier.expected) {
        release(barrier);
        return;
    }
    Fiber& fiber = fibers[current];
    while (barrier.generation == generation) fiber.context.to(scheduler);
}

/** A thread that is through counts no more. */
void leave(Barrier& barrier) {
    barrier.expected--;
    if (barrier.expected > 0 && barrier.arrived >= barrier.expected) release(barrier);
}

void fiber_main() {
    Fiber& fiber = fibers[current];
    body.run(body.context);
    fiber.finished = true;
    progress = true;
    leave(block);
    leave(warps[current / 32].barrier);
    for (;;) fiber.context.to(scheduler);
}

void run_block(unsigned threads, const std::vector<unsigned>& order) {
    block = {threads, 0, 0};
    for (unsigned w = 0; w < threads / 32; w++) warps[w].barrier = {32, 0, 0};
    for (unsigned i = 0; i < threads; i++) {
        Fiber& fiber = fibers[i];
        fiber.index = {i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y)};
        fiber.finished = false;
        fiber.operations = 0;
        fiber.copy_group = 0;
        fiber.copies.clear();
        fiber.context.prepare(stacks + i * STACK, STACK, fiber_main);
    }
    unsigned alive = threads;
    while (alive > 0) {
        progress = false;
        for (unsigned i : order) {
            if (fibers[i].finished) continue;
            current = i;
            threadIdx = fibers[i].index;
            scheduler.to(fibers[i].context);
            if (fibers[i].finished) alive--;
        }
        if (!progress) {
            snprintf(error, sizeof(error), "block (%u, %u, %u): %u threads wait for others for ever", blockIdx.x, blockIdx.y, blockIdx.z, alive);
            return;
        }
    }
}

}  // namespace

u8* dynamic_shared() { return shared_memory; }

void block_barrier() { wait(block); }

const Slot* exchange(const void* value, size_t size) {
    Fiber& fiber = fibers[current];
    Warp& warp = warps[current / 32];
    // two sets in turn: a lane cannot be two operations ahead of another
    Slot* slots = warp.slots[fiber.operations++ & 1];
    memcpy(slots[current % 32].bytes, value, size);
    wait(warp.barrier);
    return slots;
}

void copy_async(void* to, const void* from, size_t size) {
    Fiber& fiber = fibers[current];
    memset(to, 0xff, size);
    fiber.copies.push_back({to, from, size, fiber.copy_group});
}

void copy_commit() { fibers[current].copy_group++; }

void copy_wait(int pending) {
    Fiber& fiber = fibers[current];
    size_t kept = 0;
    for (const Copy& copy : fiber.copies) {
        if (copy.group + pending < fiber.copy_group) {
            memcpy(copy.to, copy.from, copy.size);
        } else {
            fiber.copies[kept++] = copy;
        }
    }
    fiber.copies.resize(kept);
}

void run(const char* name, unsigned most_threads, Body kernel, dim3 grid, dim3 dimensions, size_t shared) {
    std::lock_guard<std::mutex> lock(one_launch);
    unsigned threads = dimensions.x * dimensions.y * dimensions.z;
    if (threads == 0 || threads > most_threads || threads % 32 != 0) {
        snprintf(error, sizeof(error), "%s: a block of %u threads, must be a multiple of 32 and at most %u", name, threads, most_threads);
        return;
    }
    if (stacks == nullptr) {
        stacks = static_cast<u8*>(mmap(nullptr, MOST_THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    }
    body = kernel;
    blockDim = dimensions;
    gridDim = grid;
    std::vector<unsigned> order(threads);
    for (unsigned i = 0; i < threads; i++) order[i] = i;
    if (order_seed == 1) std::reverse(order.begin(), order.end());
    if (order_seed > 1) std::shuffle(order.begin(), order.end(), std::mt19937(order_seed));
    u8* memory = static_cast<u8*>(aligned_alloc(64, (shared + GUARD + 63) / 64 * 64));
    shared_memory = memory;
    u64 blocks = (u64)grid.x * grid.y * grid.z;
    for (u64 i = 0; i < blocks && error[0] == 0; i++) {
        u64 b = order_seed == 1 ? blocks - 1 - i : i;
        blockIdx = {(unsigned)(b % grid.x), (unsigned)(b / grid.x % grid.y), (unsigned)(b / grid.x / grid.y)};
        memset(memory, 0xff, shared);
        memset(memory + shared, 0xa5, GUARD);
        run_block(threads, order);
        for (size_t g = 0; g < GUARD; g++) {
            if (memory[shared + g] != 0xa5) snprintf(error, sizeof(error), "%s: writes beyond its %zu bytes of shared memory", name, shared);
        }
    }
    free(memory);
}

}  // namespace shim

/** 0: threads by number; 1: threads and blocks the other way round; more: shuffled with this seed. */
extern "C" __attribute__((visibility("default"))) void shim_set_order(unsigned seed) { shim::order_seed = seed; }

/** What went wrong since the last call, or an empty text. */
extern "C" __attribute__((visibility("default"))) const char* shim_error() {
    static char last[sizeof(shim::error)];
    memcpy(last, shim::error, sizeof(last));
    shim::error[0] = 0;
    return last;
}
