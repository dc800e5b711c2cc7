package dev.outrider.slm.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CompiledKernelsTest {

    private static final Pattern ENTRY = Pattern.compile("\\.visible \\.entry (\\w+)\\(([^)]*)\\)");

    private static final Map<String, String> PTX_TYPES = Map.of("u64", "pointer", "u32", "int", "f32", "float");

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = CompiledKernelsTest.class.getResourceAsStream(KernelIndex.RESOURCES + name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        }
    }

    @Test
    void the_compiled_kernels_come_from_these_sources() throws IOException {
        assertThat(KernelIndex.compiledFrom())
                .as("run src/main/cuda/build.sh after a change of the sources")
                .isEqualTo(KernelIndex.digest(KernelIndex.files(KernelLibrary.SOURCES, ".cu", ".cuh")));
    }

    @Test
    void the_index_names_every_compiled_kernel_with_the_types_of_its_parameters() throws IOException {
        Map<String, String> compiled = new TreeMap<>();
        Map<String, String> indexed = new TreeMap<>();
        Map<String, String> modules = new HashMap<>();
        KernelIndex.all().forEach((name, kernel) -> {
            modules.put(kernel.module(), name);
            indexed.put(name, kernel.parameters().stream().map(KernelIndex.Parameter::type).toList().toString());
        });
        for (String module : new TreeSet<>(modules.keySet())) {
            String ptx = new String(resource(module + ".ptx"), StandardCharsets.US_ASCII);
            Matcher entries = ENTRY.matcher(ptx);
            while (entries.find()) {
                compiled.put(
                        entries.group(1),
                        Pattern.compile("\\.param \\.(\\w+)")
                                .matcher(entries.group(2))
                                .results()
                                .map(type -> PTX_TYPES.get(type.group(1)))
                                .toList()
                                .toString());
            }
        }
        assertThat(compiled).isEqualTo(indexed);
    }

    @Test
    void the_ptx_is_for_drivers_of_cuda_12_and_ampere_and_the_machine_code_for_hopper() throws IOException {
        for (String module : new TreeSet<>(
                KernelIndex.all().values().stream().map(KernelIndex.Kernel::module).toList())) {
            assertThat(new String(resource(module + ".ptx"), StandardCharsets.US_ASCII))
                    .as(module)
                    .contains(".version 8.0\n.target sm_80\n.address_size 64\n");
            byte[] cubin = resource(module + ".sm_90.cubin");
            assertThat(cubin).as(module).startsWith(0x7f, 'E', 'L', 'F');
            // e_machine 190 is EM_CUDA; the low byte of e_flags is the architecture
            assertThat(cubin[18] & 0xff).as(module).isEqualTo(190);
            assertThat(cubin[48] & 0xff).as(module).isEqualTo(90);
        }
    }
}
