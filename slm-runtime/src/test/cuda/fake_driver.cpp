// A CUDA driver without a GPU, for tests: it exports the functions of libcuda (and of the management library) that the binding
// uses, keeps "device" memory on the host, checks every argument, and runs kernels that were compiled for the host.
//
// It is as unkind as the real one may be: queued work runs as late as possible, that is when somebody waits for it, so a host
// buffer that is written too early gives wrong results; fresh memory holds NaNs; every allocation has guard bytes on both sides;
// what a stream capture forbids ends the capture. Whatever the real driver would leave undefined is a complaint, which tests read.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))

struct dim3 { unsigned x, y, z; };
typedef void (*HostKernel)(dim3 grid, dim3 block, size_t shared, void** params);

// What went wrong in a kernel that ran on the host; from the shim, where that is linked in.
extern "C" __attribute__((weak)) const char* shim_error();

namespace {

enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200,
       INVALID_CONTEXT = 201, UNSUPPORTED_PTX = 222, INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700,
       CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901 };

const int PARAMETERS = 32;   // the binding always passes so many slots of 8 bytes
const size_t GUARD = 256;    // the real driver aligns to 256 bytes
const unsigned char GUARD_BYTE = 0xa5;

struct Context { int device; };
struct Block { char* base; size_t bytes; bool host; };
struct Work { std::function<int()> run; };
struct Stream { Context* context; std::vector<Work> queue; bool capturing = false; bool broken = false; std::vector<Work> captured; };
struct Event { Context* context; bool recorded = false; bool pending = false; Stream* stream = nullptr; double time = 0; };
struct Module { Context* context; std::string image; };
struct Function { Module* module; std::string name; int dynamic = 48 * 1024; };
struct Graph { std::vector<Work> work; };
struct Executable { Context* context; std::vector<Work> work; };

struct Settings {
    int devices = 1, version = 12080, major = 9, minor = 0, sharedOptin = 232448, init = 0;
    size_t memory = size_t(1) << 30;
    size_t others = 0;   // bytes that other processes hold
    bool energy = true;
    bool run = true;     // whether launches run kernels; otherwise they do nothing, and fresh memory holds zeros
};

std::recursive_mutex lock;
Settings settings;
bool initialised;
int lost;                    // the sticky error, or 0
long calls, failAt;          // failAt: the number of the call that fails, from 1
int failWith;
std::string failName;        // or: the nth call of this function
long failNth;
std::string history;
std::string complaint;
std::map<uintptr_t, Block> blocks;    // by first address
size_t used;
int contextRefs;
Context primary{0};
std::set<Stream*> streams;
std::set<Event*> events;
std::set<Module*> modules;
std::set<Function*> functions;
std::set<Graph*> graphs;
std::set<Executable*> executables;
long launches, graphLaunches, hostCopies;
long leftAtRelease = -1;
thread_local Context* current;

void complain(const char* format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (complaint.empty()) complaint = text;
}

// The result that a test asked for at this call, or that of a lost device.
int enter(const char* name) {
    calls++;
    if (failAt == calls) { if (failWith >= 700 && failWith < 800) lost = failWith; if (failWith == 999) lost = 999; return failWith; }
    if (failNth > 0 && failName == name && --failNth == 0) {
        if ((failWith >= 700 && failWith < 800) || failWith == 999) lost = failWith;
        return failWith;
    }
    return lost;
}
#define ENTER(name) std::lock_guard<std::recursive_mutex> hold(lock); int entered = enter(name); if (entered) return entered; \
    if (!initialised) return NOT_INITIALIZED
#define CONTEXT() if (!current || contextRefs == 0) { complain("no current context"); return INVALID_CONTEXT; }

bool capturing() { for (Stream* s : streams) if (s->capturing) return true; return false; }
// What is forbidden while a stream of this thread records: it ends the recording.
#define NO_CAPTURE(name) if (capturing()) { for (Stream* s : streams) if (s->capturing) s->broken = true; \
    complain("%s while a stream records", name); return CAPTURE_UNSUPPORTED; }

Block* find(uintptr_t address, size_t bytes, bool host) {
    auto at = blocks.upper_bound(address);
    if (at == blocks.begin()) return nullptr;
    Block& b = (--at)->second;
    return b.host == host && address - at->first <= b.bytes && bytes <= b.bytes - (address - at->first) ? &b : nullptr;
}

int flush(Stream* s) {
    std::vector<Work> queue;
    queue.swap(s->queue);
    for (Work& w : queue) {
        if (lost) return lost;
        int result = w.run();
        if (result) return lost = result;
    }
    return OK;
}
int flushAll() { for (Stream* s : streams) { int r = flush(s); if (r) return r; } return OK; }

int give(Stream* s, std::function<int()> run) {
    (s->capturing ? s->captured : s->queue).push_back({std::move(run)});
    return OK;
}

int allocate(uint64_t* out, size_t bytes, bool host) {
    if (!out || bytes == 0) { complain("an allocation of 0 bytes or without a place for its address"); return INVALID_VALUE; }
    size_t whole = (bytes + 255) / 256 * 256;
    if (!host && used + settings.others + whole > settings.memory) return OUT_OF_MEMORY;
    char* raw = static_cast<char*>(aligned_alloc(256, whole + 2 * GUARD));
    if (!raw) return OUT_OF_MEMORY;
    memset(raw, GUARD_BYTE, whole + 2 * GUARD);
    memset(raw + GUARD, settings.run ? 0xff : 0, bytes);   // NaNs, and absurd integers
    blocks[reinterpret_cast<uintptr_t>(raw) + GUARD] = {raw, bytes, host};
    if (!host) used += whole;
    *out = reinterpret_cast<uintptr_t>(raw) + GUARD;
    return OK;
}

void checkGuards(const Block& b) {
    for (size_t i = 0; i < GUARD; i++) {
        if (static_cast<unsigned char>(b.base[i]) != GUARD_BYTE || static_cast<unsigned char>(b.base[GUARD + b.bytes + i]) != GUARD_BYTE) {
            complain("something wrote outside an allocation of %zu bytes", b.bytes);
            return;
        }
    }
}

int release(uintptr_t address, bool host) {
    auto at = blocks.find(address);
    if (at == blocks.end() || at->second.host != host) { complain("freed what is not allocated"); return INVALID_VALUE; }
    flushAll();
    checkGuards(at->second);
    free(at->second.base);
    if (!host) used -= (at->second.bytes + 255) / 256 * 256;
    blocks.erase(at);
    return OK;
}

double now() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class T> bool known(std::set<T*>& all, uint64_t handle) { return all.count(reinterpret_cast<T*>(handle)) != 0; }
template <class T> void drop(std::set<T*>& all) { for (T* t : all) delete t; all.clear(); }

// The kernels are exported by this library as launch_NAME.
HostKernel hostKernel(const std::string& name) {
    static void* self = [] {
        Dl_info info;
        dladdr(reinterpret_cast<void*>(&complain), &info);
        return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    }();
    return reinterpret_cast<HostKernel>(dlsym(self, ("launch_" + name).c_str()));
}

size_t imageSize(const char* image) {
    if (memcmp(image, "\177ELF", 4) != 0) return strlen(image);
    uint64_t sections; uint16_t size, count;
    memcpy(&sections, image + 0x28, 8); memcpy(&size, image + 0x3a, 2); memcpy(&count, image + 0x3c, 2);
    return sections + size_t(size) * count;
}

}  // namespace

// ---- for tests

API void fake_reset() {
    std::lock_guard<std::recursive_mutex> hold(lock);
    drop(streams); drop(events); drop(functions); drop(modules); drop(graphs); drop(executables);
    for (auto& b : blocks) free(b.second.base);
    blocks.clear();
    settings = Settings();
    initialised = false; lost = 0; calls = failAt = failNth = 0; used = 0; contextRefs = 0; complaint.clear(); current = nullptr;
    launches = graphLaunches = hostCopies = 0; leftAtRelease = -1;
}
API void fake_devices(int n) { settings.devices = n; }
API void fake_version(int v) { settings.version = v; }
API void fake_capability(int major, int minor) { settings.major = major; settings.minor = minor; }
API void fake_memory(long bytes) { settings.memory = bytes; }
API void fake_others(long bytes) { settings.others = bytes; }
API void fake_init(int result) { settings.init = result; }
API void fake_energy(int known) { settings.energy = known; }
API void fake_fail(long call, int result) { failAt = call > 0 ? calls + call : 0; failWith = result; }
API void fake_fail_named(const char* name, long nth, int result) { failName = name; failNth = nth; failWith = result; }
API void fake_run(int kernels) { settings.run = kernels; }
API long fake_calls() { return calls; }
API long fake_launches() { return launches; }
API long fake_graph_launches() { return graphLaunches; }
API long fake_used() { return long(used); }
API long fake_graphs() { return long(executables.size()); }
// What is held besides the context: allocations, streams, events, modules, graphs.
API long fake_open() {
    return long(blocks.size() + streams.size() + events.size() + modules.size() + graphs.size() + executables.size());
}
API long fake_contexts() { return contextRefs; }
// What was still open when the last reference to the context was given back; -1 when it never was.
API long fake_left_at_release() { return leftAtRelease; }
API const char* fake_complaint() {
    std::lock_guard<std::recursive_mutex> hold(lock);
    for (auto& b : blocks) checkGuards(b.second);
    return complaint.c_str();
}

// ---- the driver

API int cuInit(unsigned flags) {
    std::lock_guard<std::recursive_mutex> hold(lock);
    int entered = enter("cuInit");
    if (entered) return entered;
    if (flags) return INVALID_VALUE;
    if (settings.init) return settings.init;
    if (settings.devices == 0) return NO_DEVICE;
    initialised = true;
    return OK;
}
API int cuDriverGetVersion(int* out) {
    std::lock_guard<std::recursive_mutex> hold(lock);
    int entered = enter("cuDriverGetVersion");
    if (entered) return entered;
    if (!out) return INVALID_VALUE;
    *out = settings.version;
    return OK;
}
API int cuDeviceGetCount(int* out) { ENTER("cuDeviceGetCount"); *out = settings.devices; return OK; }
API int cuDeviceGet(int* out, int ordinal) {
    ENTER("cuDeviceGet");
    if (ordinal < 0 || ordinal >= settings.devices) return INVALID_DEVICE;
    *out = ordinal;
    return OK;
}
API int cuDeviceGetName(char* out, int bytes, int device) {
    ENTER("cuDeviceGetName");
    if (device < 0 || device >= settings.devices) return INVALID_DEVICE;
    snprintf(out, bytes, "Fake GPU %d", device);
    return OK;
}
API int cuDeviceGetPCIBusId(char* out, int bytes, int device) {
    ENTER("cuDeviceGetPCIBusId");
    snprintf(out, bytes, "0000:%02x:00.0", device + 1);
    return OK;
}
API int cuDeviceGetAttribute(int* out, int attribute, int device) {
    ENTER("cuDeviceGetAttribute");
    if (device < 0 || device >= settings.devices) return INVALID_DEVICE;
    switch (attribute) {
        case 16: *out = 4; return OK;
        case 38: *out = 1 << 20; return OK;
        case 75: *out = settings.major; return OK;
        case 76: *out = settings.minor; return OK;
        case 97: *out = settings.sharedOptin; return OK;
        default: complain("attribute %d", attribute); return INVALID_VALUE;
    }
}
API int cuDeviceTotalMem_v2(size_t* out, int device) { ENTER("cuDeviceTotalMem_v2"); (void) device; *out = settings.memory; return OK; }
API int cuDevicePrimaryCtxRetain(Context** out, int device) {
    ENTER("cuDevicePrimaryCtxRetain");
    if (device < 0 || device >= settings.devices) return INVALID_DEVICE;
    contextRefs++;
    primary.device = device;
    *out = &primary;
    return OK;
}
API int cuDevicePrimaryCtxRelease_v2(int device) {
    std::lock_guard<std::recursive_mutex> hold(lock);
    int entered = enter("cuDevicePrimaryCtxRelease_v2");
    (void) device;
    if (contextRefs == 0) { complain("a context was given back too often"); return INVALID_CONTEXT; }
    if (--contextRefs == 0) {
        leftAtRelease = fake_open();
        // the context's end takes everything with it
        drop(streams); drop(events); drop(functions); drop(modules); drop(graphs); drop(executables);
        for (auto& b : blocks) { checkGuards(b.second); free(b.second.base); }
        blocks.clear();
        used = 0;
    }
    return entered;
}
API int cuCtxSetCurrent(Context* context) {
    ENTER("cuCtxSetCurrent");
    if (context && context != &primary) { complain("no such context"); return INVALID_CONTEXT; }
    current = context;
    return OK;
}
API int cuMemGetInfo_v2(size_t* free, size_t* total) {
    ENTER("cuMemGetInfo_v2");
    CONTEXT();
    *free = settings.memory - std::min(settings.memory, used + settings.others);
    *total = settings.memory;
    return OK;
}
API int cuMemAlloc_v2(uint64_t* out, size_t bytes) { ENTER("cuMemAlloc_v2"); CONTEXT(); NO_CAPTURE("cuMemAlloc_v2"); return allocate(out, bytes, false); }
API int cuMemAllocHost_v2(uint64_t* out, size_t bytes) {
    ENTER("cuMemAllocHost_v2"); CONTEXT(); NO_CAPTURE("cuMemAllocHost_v2");
    return allocate(out, bytes, true);
}
// A release that is told to fail releases all the same, as the real one does when it reports an earlier error.
#define RELEASE(name, work) std::lock_guard<std::recursive_mutex> hold(lock); int before = lost; int entered = enter(name); \
    if (before) { return before; } int done = (work); return entered ? entered : done
API int cuMemFree_v2(uint64_t address) { RELEASE("cuMemFree_v2", release(address, false)); }
API int cuMemFreeHost(uint64_t address) { RELEASE("cuMemFreeHost", release(address, true)); }

static int checkCopy(const char* name, uint64_t device, uint64_t device2, const void* host, size_t bytes, uint64_t stream) {
    if (!known(streams, stream)) { complain("%s on a stream that does not exist", name); return INVALID_HANDLE; }
    if (bytes == 0) complain("%s of 0 bytes", name);
    if (!find(device, bytes, false)) { complain("%s: %zu bytes at a device address that is not allocated", name, bytes); return INVALID_VALUE; }
    if (device2 && !find(device2, bytes, false)) { complain("%s: %zu bytes from a device address that is not allocated", name, bytes); return INVALID_VALUE; }
    if (host && !find(reinterpret_cast<uintptr_t>(host), bytes, true)) { complain("%s with host memory that is not locked", name); return INVALID_VALUE; }
    return OK;
}
API int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, uint64_t stream) {
    ENTER("cuMemcpyHtoDAsync_v2"); CONTEXT();
    int r = checkCopy("cuMemcpyHtoDAsync_v2", to, 0, from, bytes, stream);
    if (r) return r;
    hostCopies++;
    return give(reinterpret_cast<Stream*>(stream), [=] {
        if (!find(to, bytes, false) || !find(reinterpret_cast<uintptr_t>(from), bytes, true)) { complain("a copy to memory freed before it ran"); return int(ILLEGAL_ADDRESS); }
        memcpy(reinterpret_cast<void*>(to), from, bytes);
        return int(OK);
    });
}
API int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, uint64_t stream) {
    ENTER("cuMemcpyDtoHAsync_v2"); CONTEXT();
    int r = checkCopy("cuMemcpyDtoHAsync_v2", from, 0, to, bytes, stream);
    if (r) return r;
    return give(reinterpret_cast<Stream*>(stream), [=] {
        if (!find(from, bytes, false) || !find(reinterpret_cast<uintptr_t>(to), bytes, true)) { complain("a copy from memory freed before it ran"); return int(ILLEGAL_ADDRESS); }
        memcpy(to, reinterpret_cast<const void*>(from), bytes);
        return int(OK);
    });
}
API int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream) {
    ENTER("cuMemcpyDtoDAsync_v2"); CONTEXT();
    int r = checkCopy("cuMemcpyDtoDAsync_v2", to, from, nullptr, bytes, stream);
    if (r) return r;
    return give(reinterpret_cast<Stream*>(stream), [=] {
        if (!find(to, bytes, false) || !find(from, bytes, false)) { complain("a copy of memory freed before it ran"); return int(ILLEGAL_ADDRESS); }
        memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
        return int(OK);
    });
}
API int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, uint64_t stream) {
    ENTER("cuMemsetD8Async"); CONTEXT();
    int r = checkCopy("cuMemsetD8Async", to, 0, nullptr, bytes, stream);
    if (r) return r;
    return give(reinterpret_cast<Stream*>(stream), [=] {
        if (!find(to, bytes, false)) { complain("a memset of memory freed before it ran"); return int(ILLEGAL_ADDRESS); }
        memset(reinterpret_cast<void*>(to), value, bytes);
        return int(OK);
    });
}
API int cuModuleLoadDataEx(uint64_t* out, const char* image, unsigned count, const int* options, void** values) {
    ENTER("cuModuleLoadDataEx"); CONTEXT(); NO_CAPTURE("cuModuleLoadDataEx");
    if (!out || !image) return INVALID_VALUE;
    std::string text(image, imageSize(image));
    if (text.size() < 4) {
        for (unsigned i = 0; i + 1 < count; i++) {
            if (options[i] == 5 && options[i + 1] == 6) snprintf(static_cast<char*>(values[i]), reinterpret_cast<uintptr_t>(values[i + 1]), "ptxas fatal : no text\n");
        }
        return INVALID_IMAGE;
    }
    Module* m = new Module{current, text};
    modules.insert(m);
    *out = reinterpret_cast<uintptr_t>(m);
    return OK;
}
API int cuModuleUnload(uint64_t module) {
    RELEASE("cuModuleUnload", ([&] {
        if (!known(modules, module)) { complain("unloaded what is not loaded"); return int(INVALID_HANDLE); }
        flushAll();
        Module* m = reinterpret_cast<Module*>(module);
        for (auto at = functions.begin(); at != functions.end();) {
            if ((*at)->module == m) { delete *at; at = functions.erase(at); } else ++at;
        }
        modules.erase(m);
        delete m;
        return int(OK);
    })());
}
API int cuModuleGetFunction(uint64_t* out, uint64_t module, const char* name) {
    ENTER("cuModuleGetFunction"); CONTEXT();
    if (!known(modules, module)) return INVALID_HANDLE;
    Module* m = reinterpret_cast<Module*>(module);
    if (m->image.find(name) == std::string::npos) return NOT_FOUND;
    Function* f = new Function{m, name};
    functions.insert(f);
    *out = reinterpret_cast<uintptr_t>(f);
    return OK;
}
API int cuFuncSetAttribute(uint64_t function, int attribute, int value) {
    ENTER("cuFuncSetAttribute");
    if (!known(functions, function)) return INVALID_HANDLE;
    if (attribute != 8 || value < 0 || value > settings.sharedOptin) { complain("attribute %d = %d", attribute, value); return INVALID_VALUE; }
    reinterpret_cast<Function*>(function)->dynamic = value;
    return OK;
}
API int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* out, uint64_t function, int threads, size_t shared) {
    ENTER("cuOccupancyMaxActiveBlocksPerMultiprocessor"); CONTEXT();
    if (!known(functions, function) || threads < 1 || threads > 1024 || !out) return INVALID_VALUE;
    *out = shared > size_t(settings.sharedOptin) / 2 ? 1 : 2;
    return OK;
}
static int launch(const char* name, uint64_t function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                  unsigned shared, uint64_t stream, void** params, void** extra) {
    if (!known(functions, function)) { complain("%s of what is no kernel", name); return INVALID_HANDLE; }
    if (!known(streams, stream)) { complain("%s on a stream that does not exist", name); return INVALID_HANDLE; }
    Function* f = reinterpret_cast<Function*>(function);
    if (gx == 0 || gy == 0 || gz == 0 || gy > 65535 || gz > 65535 || gx > 0x7fffffffu || bx == 0 || by == 0 || bz == 0 || bx * by * bz > 1024
        || shared > unsigned(f->dynamic) || extra || !params) {
        complain("%s with a grid of %u x %u x %u, blocks of %u x %u x %u, %u bytes shared", f->name.c_str(), gx, gy, gz, bx, by, bz, shared);
        return INVALID_VALUE;
    }
    std::shared_ptr<std::vector<uint64_t>> values = std::make_shared<std::vector<uint64_t>>(PARAMETERS);
    for (int i = 0; i < PARAMETERS; i++) memcpy(&(*values)[i], params[i], 8);
    launches++;
    std::string kernel = f->name;
    return give(reinterpret_cast<Stream*>(stream), [=] {
        if (!shim_error || !settings.run) return int(OK);
        HostKernel run = hostKernel(kernel);
        if (!run) {
            complain("no kernel %s was compiled for the host", kernel.c_str());
            return int(ILLEGAL_ADDRESS);
        }
        void* args[PARAMETERS];
        for (int i = 0; i < PARAMETERS; i++) args[i] = &(*values)[i];
        run({gx, gy, gz}, {bx, by, bz}, shared, args);
        const char* error = shim_error();
        if (*error) complain("%s: %s", kernel.c_str(), error);
        return int(OK);
    });
}
API int cuLaunchKernel(uint64_t function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                       uint64_t stream, void** params, void** extra) {
    ENTER("cuLaunchKernel"); CONTEXT();
    return launch("cuLaunchKernel", function, gx, gy, gz, bx, by, bz, shared, stream, params, extra);
}
struct LaunchAttribute { int id; int padding; char value[64]; };
struct LaunchConfig { unsigned grid[3], block[3], shared; uint64_t stream; LaunchAttribute* attributes; unsigned count; };
static_assert(sizeof(LaunchAttribute) == 72 && sizeof(LaunchConfig) == 56, "as in cuda.h");
API int cuLaunchKernelEx(const LaunchConfig* c, uint64_t function, void** params, void** extra) {
    ENTER("cuLaunchKernelEx"); CONTEXT();
    if (!c || c->count > 1 || (c->count == 1 && (c->attributes[0].id != 6 || *reinterpret_cast<int*>(c->attributes[0].value) != 1))) {
        complain("cuLaunchKernelEx with attributes that nobody uses");
        return INVALID_VALUE;
    }
    return launch("cuLaunchKernelEx", function, c->grid[0], c->grid[1], c->grid[2], c->block[0], c->block[1], c->block[2], c->shared, c->stream,
                  params, extra);
}
API int cuStreamCreate(uint64_t* out, unsigned flags) {
    ENTER("cuStreamCreate"); CONTEXT();
    (void) flags;
    Stream* s = new Stream;
    s->context = current;
    streams.insert(s);
    *out = reinterpret_cast<uintptr_t>(s);
    return OK;
}
API int cuStreamDestroy_v2(uint64_t stream) {
    RELEASE("cuStreamDestroy_v2", ([&] {
        if (!known(streams, stream)) { complain("destroyed what is no stream"); return int(INVALID_HANDLE); }
        Stream* s = reinterpret_cast<Stream*>(stream);
        flush(s);
        streams.erase(s);
        for (Event* e : events) if (e->stream == s) e->stream = nullptr;
        delete s;
        return int(OK);
    })());
}
API int cuStreamSynchronize(uint64_t stream) {
    ENTER("cuStreamSynchronize"); CONTEXT(); NO_CAPTURE("cuStreamSynchronize");
    if (!known(streams, stream)) return INVALID_HANDLE;
    return flush(reinterpret_cast<Stream*>(stream));
}
API int cuStreamBeginCapture_v2(uint64_t stream, int mode) {
    ENTER("cuStreamBeginCapture_v2"); CONTEXT();
    if (!known(streams, stream)) return INVALID_HANDLE;
    Stream* s = reinterpret_cast<Stream*>(stream);
    if (s->capturing || mode != 1) { complain("a capture within a capture, or in another mode"); return INVALID_VALUE; }
    s->capturing = true;
    s->broken = false;
    s->captured.clear();
    return OK;
}
API int cuStreamEndCapture(uint64_t stream, uint64_t* out) {
    RELEASE("cuStreamEndCapture", ([&] {
        *out = 0;
        if (!known(streams, stream)) return int(INVALID_HANDLE);
        Stream* s = reinterpret_cast<Stream*>(stream);
        if (!s->capturing) { complain("the end of a capture that never began"); return int(INVALID_VALUE); }
        s->capturing = false;
        if (entered) return entered;
        if (s->broken) return int(CAPTURE_INVALIDATED);
        Graph* g = new Graph{s->captured};
        graphs.insert(g);
        *out = reinterpret_cast<uintptr_t>(g);
        return int(OK);
    })());
}
API int cuGraphInstantiateWithFlags(uint64_t* out, uint64_t graph, uint64_t flags) {
    ENTER("cuGraphInstantiateWithFlags"); CONTEXT();
    if (!known(graphs, graph) || flags) return INVALID_VALUE;
    Executable* e = new Executable{current, reinterpret_cast<Graph*>(graph)->work};
    executables.insert(e);
    *out = reinterpret_cast<uintptr_t>(e);
    return OK;
}
API int cuGraphLaunch(uint64_t executable, uint64_t stream) {
    ENTER("cuGraphLaunch"); CONTEXT();
    if (!known(executables, executable) || !known(streams, stream)) { complain("launched what is no graph"); return INVALID_HANDLE; }
    Stream* s = reinterpret_cast<Stream*>(stream);
    graphLaunches++;
    for (Work& w : reinterpret_cast<Executable*>(executable)->work) give(s, w.run);
    return OK;
}
API int cuGraphExecDestroy(uint64_t executable) {
    RELEASE("cuGraphExecDestroy", ([&] {
        if (!known(executables, executable)) { complain("destroyed what is no executable graph"); return int(INVALID_HANDLE); }
        executables.erase(reinterpret_cast<Executable*>(executable));
        delete reinterpret_cast<Executable*>(executable);
        return int(OK);
    })());
}
API int cuGraphDestroy(uint64_t graph) {
    RELEASE("cuGraphDestroy", ([&] {
        if (!known(graphs, graph)) { complain("destroyed what is no graph"); return int(INVALID_HANDLE); }
        graphs.erase(reinterpret_cast<Graph*>(graph));
        delete reinterpret_cast<Graph*>(graph);
        return int(OK);
    })());
}
API int cuEventCreate(uint64_t* out, unsigned flags) {
    ENTER("cuEventCreate"); CONTEXT();
    (void) flags;
    Event* e = new Event{current};
    events.insert(e);
    *out = reinterpret_cast<uintptr_t>(e);
    return OK;
}
API int cuEventDestroy_v2(uint64_t event) {
    RELEASE("cuEventDestroy_v2", ([&] {
        if (!known(events, event)) { complain("destroyed what is no event"); return int(INVALID_HANDLE); }
        events.erase(reinterpret_cast<Event*>(event));
        delete reinterpret_cast<Event*>(event);
        return int(OK);
    })());
}
API int cuEventRecord(uint64_t event, uint64_t stream) {
    ENTER("cuEventRecord"); CONTEXT();
    if (!known(events, event) || !known(streams, stream)) return INVALID_HANDLE;
    Event* e = reinterpret_cast<Event*>(event);
    Stream* s = reinterpret_cast<Stream*>(stream);
    e->recorded = e->pending = true;
    e->stream = s;
    return give(s, [=] {
        if (known(events, event)) { e->pending = false; e->time = now(); }
        return int(OK);
    });
}
API int cuEventSynchronize(uint64_t event) {
    ENTER("cuEventSynchronize"); CONTEXT(); NO_CAPTURE("cuEventSynchronize");
    if (!known(events, event)) return INVALID_HANDLE;
    Event* e = reinterpret_cast<Event*>(event);
    return e->pending && e->stream ? flush(e->stream) : int(OK);
}
API int cuEventElapsedTime_v2(float* out, uint64_t start, uint64_t end) {
    ENTER("cuEventElapsedTime_v2"); CONTEXT();
    if (!known(events, start) || !known(events, end)) return INVALID_HANDLE;
    Event* a = reinterpret_cast<Event*>(start);
    Event* b = reinterpret_cast<Event*>(end);
    if (!a->recorded || !b->recorded || a->pending || b->pending) { complain("the time between events that have not passed"); return 600; }
    *out = float(b->time - a->time);
    return OK;
}

// ---- the management library

API int nvmlInit_v2() { return OK; }
API int nvmlShutdown() { return OK; }
API int nvmlDeviceGetHandleByPciBusId_v2(const char* id, uint64_t* out) { *out = 7; return id ? OK : 2; }
API int nvmlDeviceGetTotalEnergyConsumption(uint64_t device, unsigned long long* out) {
    if (device != 7 || !settings.energy) return 3;
    *out = static_cast<unsigned long long>(now() * 100);   // 100 W in millijoules
    return OK;
}
API int nvmlDeviceGetMemoryInfo(uint64_t device, unsigned long long* out) {
    out[0] = settings.memory;
    out[2] = std::min(settings.memory, used + settings.others);
    out[1] = settings.memory - out[2];
    return device == 7 ? OK : 2;
}
API int nvmlDeviceGetPowerUsage(uint64_t device, unsigned* out) { *out = 100000; return device == 7 ? OK : 2; }
API int nvmlDeviceGetTemperature(uint64_t device, int sensor, unsigned* out) { (void) sensor; *out = 40; return device == 7 ? OK : 2; }
API int nvmlDeviceGetClockInfo(uint64_t device, int type, unsigned* out) { *out = type == 1 ? 1500 : 2600; return device == 7 ? OK : 2; }
