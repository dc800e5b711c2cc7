package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuEnergyTest {

    @TempDir
    Path root;

    private void zone(String name, long energy, long range) throws IOException {
        Path zone = Files.createDirectories(root.resolve(name));
        Files.writeString(zone.resolve("energy_uj"), energy + "\n");
        Files.writeString(zone.resolve("max_energy_range_uj"), range + "\n");
    }

    @Test
    void packagesAreAddedUpAndTheirPartsAreNotCountedTwice() throws IOException {
        zone("intel-rapl:0", 1_000_000, 10_000_000);
        zone("intel-rapl:1", 5_000_000, 10_000_000);
        zone("intel-rapl:0:0", 0, 10_000_000);
        CpuEnergy energy = CpuEnergy.of(root);
        long[] before = energy.now();
        zone("intel-rapl:0", 1_500_000, 10_000_000);
        zone("intel-rapl:1", 5_250_000, 10_000_000);
        zone("intel-rapl:0:0", 400_000, 10_000_000);
        assertThat(energy.joulesSince(before)).isEqualTo(0.75);
    }

    @Test
    void aCounterMayBeginAnew() throws IOException {
        zone("intel-rapl:0", 9_000_000, 10_000_000);
        CpuEnergy energy = CpuEnergy.of(root);
        long[] before = energy.now();
        zone("intel-rapl:0", 1_000_000, 10_000_000);
        assertThat(energy.joulesSince(before)).isEqualTo(2.0);
    }

    @Test
    void whereNothingCanBeReadNothingIsSaid() throws IOException {
        assertThat(CpuEnergy.of(root.resolve("absent")).now()).isNull();
        zone("intel-rapl:0", 1, 2);
        Files.writeString(root.resolve("intel-rapl:0/energy_uj"), "secret");
        CpuEnergy unreadable = CpuEnergy.of(root);
        assertThat(unreadable.now()).isNull();
        assertThat(unreadable.joulesSince(null)).isNull();
    }
}
