package dev.outrider.slm;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The energy counters of the processor's packages, as Linux shows them under {@code /sys/class/powercap} (RAPL). Most systems let only root
 * read them, and virtual machines have none.
 */
final class CpuEnergy {

    private static final Path POWERCAP = Path.of("/sys/class/powercap");

    /** One counter, in microjoules; it begins anew at {@code range}. */
    private record Package(Path counter, long range) {}

    private final List<Package> packages;

    private CpuEnergy(List<Package> packages) {
        this.packages = packages;
    }

    /** The counters of this machine; none where they cannot be read. */
    static CpuEnergy ofThisMachine() {
        return of(POWERCAP);
    }

    /** The counters below a directory like {@code /sys/class/powercap}. */
    static CpuEnergy of(Path root) {
        List<Package> packages = new ArrayList<>();
        // packages are intel-rapl:0, intel-rapl:1, …; their parts, such as intel-rapl:0:0, are counted in them
        try (DirectoryStream<Path> zones = Files.newDirectoryStream(root, "intel-rapl:*")) {
            for (Path zone : zones) {
                if (zone.getFileName().toString().matches("intel-rapl:\\d+")) {
                    Package each = new Package(zone.resolve("energy_uj"), number(zone.resolve("max_energy_range_uj")));
                    number(each.counter);
                    packages.add(each);
                }
            }
        } catch (IOException | RuntimeException unreadable) {
            packages.clear();
        }
        return new CpuEnergy(packages);
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }

    /** What the counters show now, for {@link #joulesSince}; null where they cannot be read. */
    long @Nullable [] now() {
        if (packages.isEmpty()) {
            return null;
        }
        long[] shown = new long[packages.size()];
        try {
            for (int i = 0; i < shown.length; i++) {
                shown[i] = number(packages.get(i).counter);
            }
        } catch (IOException | RuntimeException unreadable) {
            return null;
        }
        return shown;
    }

    /** Joules that all packages together used since then, whoever used them; null where they cannot be read. */
    @Nullable Double joulesSince(long @Nullable [] before) {
        long[] after = before == null ? null : now();
        if (before == null || after == null) {
            return null;
        }
        double microjoules = 0;
        for (int i = 0; i < after.length; i++) {
            long used = after[i] - before[i];
            microjoules += used < 0 ? used + packages.get(i).range : used;
        }
        return microjoules / 1e6;
    }
}
