package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

import dev.outrider.slm.SlmException;

/**
 * Measures a GPU's energy, power, temperature, clocks and memory through NVIDIA's management library. A machine without the library, or a
 * GPU that does not tell a value, is no error: the value is absent.
 */
public final class GpuMeter implements AutoCloseable {

    /** Clock types of {@code nvmlDeviceGetClockInfo}. */
    private static final int SM = 1;

    private static final int MEMORY = 2;

    private interface Call {
        int run(MemorySegment out) throws Throwable;
    }

    private final MethodHandle energy;
    private final MethodHandle power;
    private final MethodHandle temperature;
    private final MethodHandle clock;
    private final MethodHandle memory;
    private final MethodHandle shutdown;
    private final long device;
    private boolean closed;

    private GpuMeter(DriverLibrary library, MethodHandle shutdown, long device) {
        this.shutdown = shutdown;
        this.device = device;
        energy = library.function("nvmlDeviceGetTotalEnergyConsumption", JAVA_LONG, ADDRESS);
        power = library.function("nvmlDeviceGetPowerUsage", JAVA_LONG, ADDRESS);
        temperature = library.function("nvmlDeviceGetTemperature", JAVA_LONG, JAVA_INT, ADDRESS);
        clock = library.function("nvmlDeviceGetClockInfo", JAVA_LONG, JAVA_INT, ADDRESS);
        memory = library.function("nvmlDeviceGetMemoryInfo", JAVA_LONG, ADDRESS);
    }

    /**
     * A meter for the GPU at this PCI address, or nothing where it cannot be measured.
     *
     * @param pciBusId as the driver writes it, such as {@code 0000:3b:00.0}
     */
    public static Optional<GpuMeter> open(String pciBusId) {
        try {
            return DriverLibrary.management().flatMap(library -> open(library, pciBusId));
        } catch (SlmException e) {
            // an old library without one of the functions
            return Optional.empty();
        }
    }

    private static Optional<GpuMeter> open(DriverLibrary library, String pciBusId) {
        MethodHandle init = library.function("nvmlInit_v2");
        MethodHandle shutdown = library.function("nvmlShutdown");
        MethodHandle find = library.function("nvmlDeviceGetHandleByPciBusId_v2", ADDRESS, ADDRESS);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment id = arena.allocateFrom(pciBusId);
            MemorySegment out = arena.allocate(JAVA_LONG);
            if (result(_ -> (int) init.invokeExact(), out) != 0) {
                return Optional.empty();
            }
            boolean found = false;
            try {
                found = result(o -> (int) find.invokeExact(id, o), out) == 0;
                return found
                        ? Optional.of(new GpuMeter(library, shutdown, out.get(JAVA_LONG, 0)))
                        : Optional.empty();
            } finally {
                if (!found) {
                    result(_ -> (int) shutdown.invokeExact(), out);
                }
            }
        }
    }

    /** Joules since the driver was loaded; the difference of two readings is what was used between them. */
    public OptionalDouble joules() {
        return number(out -> (int) energy.invokeExact(device, out), 1e-3);
    }

    /** The power at this moment. */
    public OptionalDouble watts() {
        return number(out -> (int) power.invokeExact(device, out), 1e-3);
    }

    /** Degrees Celsius of the chip. */
    public OptionalDouble celsius() {
        return number(out -> (int) temperature.invokeExact(device, 0, out), 1);
    }

    /** The clock of the multiprocessors in MHz. */
    public OptionalDouble computeMegahertz() {
        return number(out -> (int) clock.invokeExact(device, SM, out), 1);
    }

    /** The clock of the memory in MHz. */
    public OptionalDouble memoryMegahertz() {
        return number(out -> (int) clock.invokeExact(device, MEMORY, out), 1);
    }

    /** Bytes of the GPU's memory that all processes together hold, with what the driver needs for itself. */
    public OptionalLong usedBytes() {
        if (closed) {
            return OptionalLong.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            // nvmlMemory_t: total, free, used
            MemorySegment out = arena.allocate(JAVA_LONG, 3);
            return result(o -> (int) memory.invokeExact(device, o), out) == 0
                    ? OptionalLong.of(out.getAtIndex(JAVA_LONG, 2))
                    : OptionalLong.empty();
        }
    }

    /** Values are 32 or 64 bits wide; into zeroed memory both are read as 64. */
    private OptionalDouble number(Call call, double scale) {
        if (closed) {
            return OptionalDouble.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            return result(call, out) == 0 ? OptionalDouble.of(out.get(JAVA_LONG, 0) * scale) : OptionalDouble.empty();
        }
    }

    private static int result(Call call, MemorySegment out) {
        try {
            return call.run(out);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError("a native call throws nothing of its own", t);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try (Arena arena = Arena.ofConfined()) {
                result(_ -> (int) shutdown.invokeExact(), arena.allocate(JAVA_LONG));
            }
        }
    }
}
