package dev.outrider.slm.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GpuMeterTest {

    private static final String BUS = "0000:01:00.0";

    private FakeDriver fake = FakeDriver.fresh();

    @BeforeEach
    void starts() {
        fake = FakeDriver.fresh();
        System.setProperty(DriverLibrary.LIBRARY_PROPERTY, fake.file().toString());
    }

    @AfterEach
    void ends() {
        System.clearProperty(DriverLibrary.LIBRARY_PROPERTY);
    }

    @Test
    void the_gpu_tells_its_power_temperature_clocks_and_memory() {
        fake.memory(64 << 20).heldByOthers(16 << 20);
        try (GpuMeter meter = GpuMeter.open(BUS).orElseThrow()) {
            assertThat(meter.watts()).hasValue(100);
            assertThat(meter.celsius()).hasValue(40);
            assertThat(meter.computeMegahertz()).hasValue(1500);
            assertThat(meter.memoryMegahertz()).hasValue(2600);
            assertThat(meter.usedBytes()).hasValue(16 << 20);
            double joules = meter.joules().orElseThrow();
            assertThat(meter.joules().orElseThrow()).isGreaterThanOrEqualTo(joules);
        }
    }

    @Test
    void what_is_not_told_is_absent_and_no_zero() {
        fake.withoutEnergy();
        GpuMeter meter = GpuMeter.open(BUS).orElseThrow();
        assertThat(meter.joules()).isEmpty();
        meter.close();
        assertThat(meter.watts()).isEmpty();
        assertThat(meter.usedBytes()).isEmpty();
    }

    @Test
    void without_a_driver_there_is_no_meter() {
        System.setProperty(DriverLibrary.LIBRARY_PROPERTY, "");
        assertThat(GpuMeter.open(BUS)).isEmpty();
    }
}
