package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the CUDA driver that are in use, one method each; a result other than 0 is a {@link CudaException}. Handles and
 * device addresses are longs. The names with a suffix are those that {@code cuda.h} hides behind macros: without it a symbol has
 * an older signature. One object serves one GPU: once the GPU is lost, every call but those that give back fails with that error.
 */
final class Driver {

    private interface Call {
        int run() throws Throwable;
    }

    private final DriverLibrary library;
    private final MethodHandle init;
    private final MethodHandle driverGetVersion;
    private final MethodHandle deviceGetCount;
    private final MethodHandle deviceGet;
    private final MethodHandle deviceGetName;
    private final MethodHandle deviceGetAttribute;
    private final MethodHandle deviceTotalMem;
    private final MethodHandle deviceGetPciBusId;
    private final MethodHandle primaryCtxRetain;
    private final MethodHandle primaryCtxRelease;
    private final MethodHandle ctxSetCurrent;
    private final MethodHandle memGetInfo;
    private final MethodHandle memAlloc;
    private final MethodHandle memFree;
    private final MethodHandle memAllocHost;
    private final MethodHandle memFreeHost;
    private final MethodHandle copyToDevice;
    private final MethodHandle copyToHost;
    private final MethodHandle copyOnDevice;
    private final MethodHandle memset;
    private final MethodHandle moduleLoad;
    private final MethodHandle moduleUnload;
    private final MethodHandle moduleGetFunction;
    private final MethodHandle funcSetAttribute;
    private final MethodHandle occupancy;
    private final MethodHandle launchKernel;
    private final @Nullable MethodHandle launchKernelEx;
    private final MethodHandle streamCreate;
    private final MethodHandle streamDestroy;
    private final MethodHandle streamSynchronize;
    private final MethodHandle streamBeginCapture;
    private final MethodHandle streamEndCapture;
    private final MethodHandle eventCreate;
    private final MethodHandle eventDestroy;
    private final MethodHandle eventRecord;
    private final MethodHandle eventSynchronize;
    private final MethodHandle eventElapsedTime;
    private final MethodHandle graphInstantiate;
    private final MethodHandle graphLaunch;
    private final MethodHandle graphExecDestroy;
    private final MethodHandle graphDestroy;

    private volatile @Nullable CudaException lost;

    /** @throws dev.outrider.slm.SlmException if the library lacks a function */
    Driver(DriverLibrary library) {
        this.library = library;
        init = library.function("cuInit", JAVA_INT);
        driverGetVersion = library.function("cuDriverGetVersion", ADDRESS);
        deviceGetCount = library.function("cuDeviceGetCount", ADDRESS);
        deviceGet = library.function("cuDeviceGet", ADDRESS, JAVA_INT);
        deviceGetName = library.function("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
        deviceGetAttribute = library.function("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
        deviceTotalMem = library.function("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT);
        deviceGetPciBusId = library.function("cuDeviceGetPCIBusId", ADDRESS, JAVA_INT, JAVA_INT);
        primaryCtxRetain = library.function("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
        primaryCtxRelease = library.function("cuDevicePrimaryCtxRelease_v2", JAVA_INT);
        ctxSetCurrent = library.function("cuCtxSetCurrent", JAVA_LONG);
        memGetInfo = library.function("cuMemGetInfo_v2", ADDRESS, ADDRESS);
        memAlloc = library.function("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
        memFree = library.function("cuMemFree_v2", JAVA_LONG);
        memAllocHost = library.function("cuMemAllocHost_v2", ADDRESS, JAVA_LONG);
        memFreeHost = library.function("cuMemFreeHost", JAVA_LONG);
        copyToDevice = library.function("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
        copyToHost = library.function("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        copyOnDevice = library.function("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        memset = library.function("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
        moduleLoad = library.function("cuModuleLoadDataEx", ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
        moduleUnload = library.function("cuModuleUnload", JAVA_LONG);
        moduleGetFunction = library.function("cuModuleGetFunction", ADDRESS, JAVA_LONG, ADDRESS);
        funcSetAttribute = library.function("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
        occupancy = library.function(
                "cuOccupancyMaxActiveBlocksPerMultiprocessor", ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG);
        launchKernelEx = library.has("cuLaunchKernelEx")
                ? library.function("cuLaunchKernelEx", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS)
                : null;
        launchKernel = library.function(
                "cuLaunchKernel",
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS,
                ADDRESS);
        streamCreate = library.function("cuStreamCreate", ADDRESS, JAVA_INT);
        streamDestroy = library.function("cuStreamDestroy_v2", JAVA_LONG);
        streamSynchronize = library.function("cuStreamSynchronize", JAVA_LONG);
        streamBeginCapture = library.function("cuStreamBeginCapture_v2", JAVA_LONG, JAVA_INT);
        streamEndCapture = library.function("cuStreamEndCapture", JAVA_LONG, ADDRESS);
        eventCreate = library.function("cuEventCreate", ADDRESS, JAVA_INT);
        eventDestroy = library.function("cuEventDestroy_v2", JAVA_LONG);
        eventRecord = library.function("cuEventRecord", JAVA_LONG, JAVA_LONG);
        eventSynchronize = library.function("cuEventSynchronize", JAVA_LONG);
        // the name with the suffix came with CUDA 12.8; both have the same signature
        String elapsed = library.has("cuEventElapsedTime_v2") ? "cuEventElapsedTime_v2" : "cuEventElapsedTime";
        eventElapsedTime = library.function(elapsed, ADDRESS, JAVA_LONG, JAVA_LONG);
        graphInstantiate = library.function("cuGraphInstantiateWithFlags", ADDRESS, JAVA_LONG, JAVA_LONG);
        graphLaunch = library.function("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
        graphExecDestroy = library.function("cuGraphExecDestroy", JAVA_LONG);
        graphDestroy = library.function("cuGraphDestroy", JAVA_LONG);
    }

    DriverLibrary library() {
        return library;
    }

    /** The error after which the GPU can no longer be used, or null. */
    @Nullable
    CudaException lost() {
        return lost;
    }

    void init() {
        check("cuInit", () -> (int) init.invokeExact(0));
    }

    /** The newest CUDA that the driver knows, as 1000 x major + 10 x minor. */
    int version() {
        return readInt("cuDriverGetVersion", out -> (int) driverGetVersion.invokeExact(out));
    }

    int deviceCount() {
        return readInt("cuDeviceGetCount", out -> (int) deviceGetCount.invokeExact(out));
    }

    int device(int ordinal) {
        return readInt("cuDeviceGet", out -> (int) deviceGet.invokeExact(out, ordinal));
    }

    String deviceName(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(256);
            check("cuDeviceGetName", () -> (int) deviceGetName.invokeExact(text, 255, device));
            return text.getString(0);
        }
    }

    String pciBusId(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(64);
            check("cuDeviceGetPCIBusId", () -> (int) deviceGetPciBusId.invokeExact(text, 63, device));
            return text.getString(0);
        }
    }

    int attribute(int attribute, int device) {
        return readInt(
                "cuDeviceGetAttribute", out -> (int) deviceGetAttribute.invokeExact(out, attribute, device));
    }

    long totalMemory(int device) {
        return readLong("cuDeviceTotalMem_v2", out -> (int) deviceTotalMem.invokeExact(out, device));
    }

    long retainPrimaryContext(int device) {
        return readLong("cuDevicePrimaryCtxRetain", out -> (int) primaryCtxRetain.invokeExact(out, device));
    }

    void releasePrimaryContext(int device) {
        release("cuDevicePrimaryCtxRelease_v2", () -> (int) primaryCtxRelease.invokeExact(device));
    }

    void setCurrent(long context) {
        check("cuCtxSetCurrent", () -> (int) ctxSetCurrent.invokeExact(context));
    }

    /** Free and total bytes of the current GPU. */
    MemoryInfo memoryInfo() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(JAVA_LONG);
            MemorySegment total = arena.allocate(JAVA_LONG);
            check("cuMemGetInfo_v2", () -> (int) memGetInfo.invokeExact(free, total));
            return new MemoryInfo(free.get(JAVA_LONG, 0), total.get(JAVA_LONG, 0));
        }
    }

    long allocate(long bytes) {
        return readLong("cuMemAlloc_v2", out -> (int) memAlloc.invokeExact(out, bytes));
    }

    void free(long address) {
        release("cuMemFree_v2", () -> (int) memFree.invokeExact(address));
    }

    long allocateHost(long bytes) {
        return readLong("cuMemAllocHost_v2", out -> (int) memAllocHost.invokeExact(out, bytes));
    }

    void freeHost(long address) {
        release("cuMemFreeHost", () -> (int) memFreeHost.invokeExact(address));
    }

    void copyToDevice(long to, MemorySegment from, long bytes, long stream) {
        check("cuMemcpyHtoDAsync_v2", () -> (int) copyToDevice.invokeExact(to, from, bytes, stream));
    }

    void copyToHost(MemorySegment to, long from, long bytes, long stream) {
        check("cuMemcpyDtoHAsync_v2", () -> (int) copyToHost.invokeExact(to, from, bytes, stream));
    }

    void copyOnDevice(long to, long from, long bytes, long stream) {
        check("cuMemcpyDtoDAsync_v2", () -> (int) copyOnDevice.invokeExact(to, from, bytes, stream));
    }

    void zero(long address, long bytes, long stream) {
        check("cuMemsetD8Async", () -> (int) memset.invokeExact(address, (byte) 0, bytes, stream));
    }

    /** Loads machine code or PTX; what the driver's compiler has to say stands in the exception. */
    long loadModule(MemorySegment image, String name) {
        try (Arena arena = Arena.ofConfined()) {
            int logBytes = 8192;
            MemorySegment log = arena.allocate(logBytes);
            MemorySegment out = arena.allocate(JAVA_LONG);
            // CU_JIT_ERROR_LOG_BUFFER and its size, which is passed in the pointer itself
            MemorySegment options = arena.allocateFrom(JAVA_INT, 5, 6);
            MemorySegment values = arena.allocate(ADDRESS, 2);
            values.setAtIndex(ADDRESS, 0, log);
            values.setAtIndex(JAVA_LONG, 1, logBytes);
            try {
                check("cuModuleLoadDataEx", () -> (int) moduleLoad.invokeExact(out, image, 2, options, values));
            } catch (CudaException e) {
                String said = log.getString(0).strip().replaceAll("\\s+", " ");
                throw e.during(said.isEmpty() ? name : name + ": " + said);
            }
            return out.get(JAVA_LONG, 0);
        }
    }

    void unloadModule(long module) {
        release("cuModuleUnload", () -> (int) moduleUnload.invokeExact(module));
    }

    long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            return readLong(
                    "cuModuleGetFunction", out -> (int) moduleGetFunction.invokeExact(out, module, text));
        } catch (CudaException e) {
            throw e.during("the kernel " + name);
        }
    }

    /** Allows a kernel more than the 48 KiB of shared memory that every block gets. */
    void allowSharedMemory(long function, int bytes) {
        // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        check("cuFuncSetAttribute", () -> (int) funcSetAttribute.invokeExact(function, 8, bytes));
    }

    /** Blocks of a kernel that fit on one multiprocessor at a time. */
    int blocksPerMultiprocessor(long function, int threads, long sharedBytes) {
        return readInt(
                "cuOccupancyMaxActiveBlocksPerMultiprocessor",
                out -> (int) occupancy.invokeExact(out, function, threads, sharedBytes));
    }

    /** Whether launches can be given attributes. */
    boolean hasLaunchAttributes() {
        return launchKernelEx != null;
    }

    /** Launches as a filled {@code CUlaunchConfig} says; see {@link LaunchConfig}. */
    void launch(MemorySegment config, long function, MemorySegment arguments) {
        MethodHandle handle = Objects.requireNonNull(launchKernelEx, "this driver has no cuLaunchKernelEx");
        check("cuLaunchKernelEx", () -> (int) handle.invokeExact(config, function, arguments, MemorySegment.NULL));
    }

    void launch(long function, Grid grid, int sharedBytes, long stream, MemorySegment arguments) {
        check("cuLaunchKernel", () -> (int) launchKernel.invokeExact(
                function,
                grid.x(),
                grid.y(),
                grid.z(),
                grid.threads(),
                1,
                1,
                sharedBytes,
                stream,
                arguments,
                MemorySegment.NULL));
    }

    /** A stream that does not wait for the default stream. */
    long createStream() {
        return readLong("cuStreamCreate", out -> (int) streamCreate.invokeExact(out, 1));
    }

    void destroyStream(long stream) {
        release("cuStreamDestroy_v2", () -> (int) streamDestroy.invokeExact(stream));
    }

    void synchronize(long stream) {
        check("cuStreamSynchronize", () -> (int) streamSynchronize.invokeExact(stream));
    }

    /** From now on this thread's launches on the stream are recorded instead of run. */
    void beginCapture(long stream) {
        // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may do as they like meanwhile
        check("cuStreamBeginCapture_v2", () -> (int) streamBeginCapture.invokeExact(stream, 1));
    }

    long endCapture(long stream) {
        return readLong("cuStreamEndCapture", out -> (int) streamEndCapture.invokeExact(stream, out));
    }

    /** Ends a capture that went wrong; whatever was recorded is thrown away. */
    void abandonCapture(long stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            release("cuStreamEndCapture", () -> (int) streamEndCapture.invokeExact(stream, out));
            long graph = out.get(JAVA_LONG, 0);
            if (graph != 0) {
                destroyGraph(graph);
            }
        }
    }

    /** @param timing whether the time between two events will be asked for */
    long createEvent(boolean timing) {
        return readLong("cuEventCreate", out -> (int) eventCreate.invokeExact(out, timing ? 0 : 2));
    }

    void destroyEvent(long event) {
        release("cuEventDestroy_v2", () -> (int) eventDestroy.invokeExact(event));
    }

    void record(long event, long stream) {
        check("cuEventRecord", () -> (int) eventRecord.invokeExact(event, stream));
    }

    void awaitEvent(long event) {
        check("cuEventSynchronize", () -> (int) eventSynchronize.invokeExact(event));
    }

    float milliseconds(long start, long end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_FLOAT);
            check("cuEventElapsedTime", () -> (int) eventElapsedTime.invokeExact(out, start, end));
            return out.get(JAVA_FLOAT, 0);
        }
    }

    long instantiate(long graph) {
        return readLong(
                "cuGraphInstantiateWithFlags", out -> (int) graphInstantiate.invokeExact(out, graph, 0L));
    }

    void launchGraph(long executable, long stream) {
        check("cuGraphLaunch", () -> (int) graphLaunch.invokeExact(executable, stream));
    }

    void destroyExecutable(long executable) {
        release("cuGraphExecDestroy", () -> (int) graphExecDestroy.invokeExact(executable));
    }

    void destroyGraph(long graph) {
        release("cuGraphDestroy", () -> (int) graphDestroy.invokeExact(graph));
    }

    private interface Reader {
        int run(MemorySegment out) throws Throwable;
    }

    private int readInt(String name, Reader call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            check(name, () -> call.run(out));
            return out.get(JAVA_INT, 0);
        }
    }

    private long readLong(String name, Reader call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check(name, () -> call.run(out));
            return out.get(JAVA_LONG, 0);
        }
    }

    private void check(String name, Call call) {
        CudaException before = lost;
        if (before != null) {
            throw before.during("the GPU was lost earlier");
        }
        int result = result(name, call);
        if (result != 0) {
            CudaException error = new CudaException(name, result, "");
            if (error.deviceLost()) {
                lost = error;
            }
            throw error;
        }
    }

    /** Gives something back. What cannot be given back, because the GPU is gone, is gone as well: nobody needs to hear of it. */
    private void release(String name, Call call) {
        int result = result(name, call);
        if (CudaError.sticky(result) && lost == null) {
            lost = new CudaException(name, result, "");
        }
    }

    private static int result(String name, Call call) {
        try {
            return call.run();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError("a native call of " + name + " throws nothing of its own", t);
        }
    }
}
