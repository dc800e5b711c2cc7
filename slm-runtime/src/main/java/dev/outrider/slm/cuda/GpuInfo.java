package dev.outrider.slm.cuda;

/**
 * A GPU as the driver describes it.
 *
 * @param ordinal its number, from 0
 * @param name such as {@code NVIDIA H200}
 * @param major first part of the compute capability
 * @param minor second part
 * @param multiprocessors how many there are
 * @param sharedBytes shared memory that one block can have
 * @param l2Bytes size of the second-level cache
 * @param totalBytes memory in all
 * @param pciBusId where it sits, such as {@code 0000:3b:00.0}
 * @param driverVersion the newest CUDA that the driver knows, as 1000 x major + 10 x minor
 */
public record GpuInfo(
        int ordinal,
        String name,
        int major,
        int minor,
        int multiprocessors,
        int sharedBytes,
        int l2Bytes,
        long totalBytes,
        String pciBusId,
        int driverVersion) {

    /** The compute capability as it is written. */
    public String capability() {
        return major + "." + minor;
    }

    /** The driver's CUDA version as it is written. */
    public String cuda() {
        return version(driverVersion);
    }

    static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    /** Reads the properties of a GPU; needs no context. */
    static GpuInfo of(Driver driver, int ordinal) {
        int device = driver.device(ordinal);
        // numbers of CUdevice_attribute in cuda.h
        return new GpuInfo(
                ordinal,
                driver.deviceName(device),
                driver.attribute(75, device),
                driver.attribute(76, device),
                driver.attribute(16, device),
                driver.attribute(97, device),
                driver.attribute(38, device),
                driver.totalMemory(device),
                driver.pciBusId(device),
                driver.version());
    }
}
