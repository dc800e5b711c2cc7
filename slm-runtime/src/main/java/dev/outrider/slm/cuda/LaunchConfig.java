package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A {@code CUlaunchConfig} whose launches may begin before the one in front of them has ended (programmatic stream serialization): the
 * kernels wait by themselves where they read its results.
 */
final class LaunchConfig {

    /** {@code CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION}. */
    private static final int PROGRAMMATIC_SERIALIZATION = 6;

    private final MemorySegment config;

    LaunchConfig(Arena arena) {
        MemorySegment attribute = arena.allocate(72, 8); // the number at 0, the value at 8
        attribute.set(JAVA_INT, 0, PROGRAMMATIC_SERIALIZATION);
        attribute.set(JAVA_INT, 8, 1);
        config = arena.allocate(56, 8);
        config.set(JAVA_INT, 16, 1);
        config.set(JAVA_INT, 20, 1);
        config.set(ADDRESS, 40, attribute);
        config.set(JAVA_INT, 48, 1);
    }

    /** The structure for one launch; the driver copies it. */
    MemorySegment of(Grid grid, int sharedBytes, long stream) {
        config.set(JAVA_INT, 0, grid.x());
        config.set(JAVA_INT, 4, grid.y());
        config.set(JAVA_INT, 8, grid.z());
        config.set(JAVA_INT, 12, grid.threads());
        config.set(JAVA_INT, 24, sharedBytes);
        config.set(JAVA_LONG, 32, stream);
        return config;
    }
}
