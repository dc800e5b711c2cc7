package dev.outrider.app;

import java.time.Duration;
import java.util.Locale;

/** Quantities for people. */
final class Units {

    private Units() {}

    /** {@code 7.4 MB}; steps of 1000. */
    static String bytes(long bytes) {
        return scaled(bytes, new String[] {"B", "kB", "MB", "GB", "TB"}, " ");
    }

    /** {@code 6.9M}; steps of 1000. */
    static String count(long count) {
        return scaled(count, new String[] {"", "k", "M", "G", "T"}, "");
    }

    /** {@code 1d}, {@code 90m}, {@code 500ms}: the largest unit that divides it. */
    static String duration(Duration duration) {
        long millis = duration.toMillis();
        long[] sizes = {86_400_000, 3_600_000, 60_000, 1000};
        String[] names = {"d", "h", "m", "s"};
        for (int i = 0; i < sizes.length; i++) {
            if (millis > 0 && millis % sizes[i] == 0) {
                return millis / sizes[i] + names[i];
            }
        }
        return millis + "ms";
    }

    private static String scaled(long value, String[] units, String gap) {
        double scaled = value;
        int unit = 0;
        while (scaled >= 999.95 && unit < units.length - 1) {
            scaled /= 1000;
            unit++;
        }
        return unit == 0 ? value + gap + units[0] : String.format(Locale.ROOT, "%.1f%s%s", scaled, gap, units[unit]);
    }
}
