package dev.outrider.slm.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One GPU, by its primary context, which other CUDA code of the process shares. Everything made here is given back at
 * {@link #close()} at the latest, in the reverse order of making. One caller at a time, from any thread.
 */
final class CudaContext implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CudaContext.class);

    private final Driver driver;
    private final int device;
    private final long handle;
    private final Set<CudaResource> open = new LinkedHashSet<>();
    private long allocated;
    private long allocatedHost;
    private boolean closed;

    private CudaContext(Driver driver, int device, long handle) {
        this.driver = driver;
        this.device = device;
        this.handle = handle;
    }

    /**
     * Takes a GPU into use.
     *
     * @throws CudaException if there is no such GPU, or it cannot be used
     */
    static CudaContext open(DriverLibrary library, int ordinal) {
        Driver driver = new Driver(library);
        driver.init();
        int device = driver.device(ordinal);
        CudaContext context = new CudaContext(driver, device, driver.retainPrimaryContext(device));
        try {
            context.enter();
            return context;
        } catch (Throwable t) {
            context.close();
            throw t;
        }
    }

    Driver driver() {
        return driver;
    }

    /** The driver's number of the GPU. */
    int device() {
        return device;
    }

    /**
     * Makes this GPU the current one of the calling thread. The driver keeps that per thread of the operating system, and a virtual
     * thread may find itself on another one, so this comes before every group of calls.
     */
    void enter() {
        if (closed) {
            throw new IllegalStateException("the GPU's context is closed");
        }
        driver.setCurrent(handle);
    }

    /** As {@link #enter()}, for giving back: that is tried whatever happens, for most threads are in the context already. */
    void enterToRelease() {
        if (!closed && driver.lost() == null) {
            try {
                driver.setCurrent(handle);
            } catch (CudaException e) {
                LOG.debug("the GPU's context cannot be entered to give something back: {}", e.getMessage());
            }
        }
    }

    void register(CudaResource resource) {
        open.add(resource);
    }

    void forget(CudaResource resource) {
        open.remove(resource);
        if (resource instanceof DeviceMemory memory) {
            allocated -= memory.bytes();
        } else if (resource instanceof PinnedMemory memory) {
            allocatedHost -= memory.bytes();
        }
    }

    MemoryInfo memory() {
        enter();
        return driver.memoryInfo();
    }

    /** Bytes on the GPU that this context holds. */
    long allocated() {
        return allocated;
    }

    /** Bytes of locked host memory that this context holds. */
    long allocatedHost() {
        return allocatedHost;
    }

    /** Things made here that are still open. */
    int openResources() {
        return open.size();
    }

    /**
     * Memory on the GPU, with whatever was in it.
     *
     * @param what what it is for, as a person would say it
     * @throws CudaException if there is not enough; the message says how much is needed and how much is free
     */
    DeviceMemory allocate(long bytes, String what) {
        enter();
        long address = allocating(bytes, what, () -> driver.allocate(Math.max(1, bytes)));
        allocated += bytes;
        return new DeviceMemory(this, address, bytes);
    }

    /** Host memory that is locked, so that the GPU copies to and from it by itself. */
    PinnedMemory allocateHost(long bytes, String what) {
        enter();
        long address = allocating(bytes, what, () -> driver.allocateHost(Math.max(1, bytes)));
        allocatedHost += bytes;
        return new PinnedMemory(this, address, bytes);
    }

    private long allocating(long bytes, String what, LongSupplier call) {
        try {
            return call.getAsLong();
        } catch (CudaException e) {
            if (!e.outOfMemory()) {
                throw e.during(what);
            }
            String free;
            try {
                MemoryInfo info = driver.memoryInfo();
                free = text(info.free()) + " of " + text(info.total()) + " are free";
            } catch (CudaException unknown) {
                e.addSuppressed(unknown);
                free = "how much is free is unknown";
            }
            throw e.during(what + " needs " + text(bytes) + ", " + free);
        }
    }

    CudaStream createStream() {
        enter();
        return new CudaStream(this, driver.createStream());
    }

    CudaEvent createEvent(boolean timing) {
        enter();
        return new CudaEvent(this, driver.createEvent(timing));
    }

    /**
     * Loads kernels.
     *
     * @param image machine code, or PTX with a zero byte at its end
     * @param name where the image is from
     */
    CudaModule loadModule(MemorySegment image, String name) {
        enter();
        return new CudaModule(this, driver.loadModule(image, name));
    }

    /** Bytes as a person reads them. */
    static String text(long bytes) {
        if (bytes < 1 << 20) {
            return String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0);
        }
        return bytes < 1 << 30
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0)
                : String.format(Locale.ROOT, "%.2f GiB", bytes / 1073741824.0);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        for (CudaResource resource : new ArrayList<>(open).reversed()) {
            resource.close();
        }
        enterToRelease();
        closed = true;
        driver.releasePrimaryContext(device);
    }
}
