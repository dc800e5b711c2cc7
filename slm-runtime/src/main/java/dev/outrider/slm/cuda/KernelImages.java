package dev.outrider.slm.cuda;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.SlmException;

/**
 * The compiled kernels among the resources: machine code for some GPUs, and PTX that the driver compiles for others. {@code kernels.json}
 * names the modules and their kernels.
 */
final class KernelImages {

    private static final String DIRECTORY = "/dev/outrider/slm/cuda/";

    /** The driver that came with the CUDA version the kernels are compiled with, and all later ones, can load them. */
    private static final int OLDEST_CUDA = 12_000;

    private static final String OLDEST_DRIVER = "525";
    private static final int OLDEST_MAJOR = 8;

    /** Machine code runs on GPUs of the same major version and this minor version or a later one. */
    private static final int MACHINE_MAJOR = 9;

    private static final String MACHINE_CODE = ".sm_90.cubin";
    private static final String PTX = ".ptx";

    /**
     * One module in the form that a GPU takes.
     *
     * @param kernels the parameters of each kernel, one letter each, see {@link KernelArguments#kinds()}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed to the driver once, never compared
    record Image(String name, byte[] content, Map<String, String> kernels) {

        /** The content, with the zero byte at its end that PTX needs. */
        MemorySegment bytes(Arena arena) {
            MemorySegment segment = arena.allocate(content.length + 1L, 16);
            MemorySegment.copy(content, 0, segment, ValueLayout.JAVA_BYTE, 0, content.length);
            return segment;
        }
    }

    private final Map<String, Map<String, String>> modules;
    private final Function<String, byte[]> files;

    /**
     * @param modules kernels and their parameters by module
     * @param files the content of a file by its name
     */
    KernelImages(Map<String, Map<String, String>> modules, Function<String, byte[]> files) {
        this.modules = modules;
        this.files = files;
    }

    /** The kernels that come with Outrider. */
    static KernelImages shipped() {
        return new KernelImages(modules(resource("kernels.json")), KernelImages::resource);
    }

    private static Map<String, Map<String, String>> modules(byte[] manifest) {
        try {
            Map<String, Map<String, String>> modules = new TreeMap<>();
            for (JsonNode kernel : new ObjectMapper().readTree(manifest).required("kernels")) {
                StringBuilder kinds = new StringBuilder();
                for (JsonNode parameter : kernel.required("parameters")) {
                    kinds.append(parameter.required("type").asText().charAt(0));
                }
                modules.computeIfAbsent(kernel.required("module").asText(), _ -> new TreeMap<>())
                        .put(kernel.required("name").asText(), kinds.toString());
            }
            return modules;
        } catch (IOException | IllegalArgumentException e) {
            throw new SlmException("kernels.json on the class path is damaged: " + e.getMessage(), e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = KernelImages.class.getResourceAsStream(DIRECTORY + name)) {
            if (in == null) {
                throw new SlmException("this build has no GPU kernels (" + DIRECTORY + name + " is not on the class path)");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new SlmException("the GPU kernels in " + name + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Why these kernels do not run on a GPU, or null when they do. */
    @Nullable
    String problem(GpuInfo gpu) {
        if (gpu.major() < OLDEST_MAJOR) {
            return "it has compute capability " + gpu.capability() + " and the kernels need " + OLDEST_MAJOR + ".0 or later";
        }
        if (gpu.driverVersion() < OLDEST_CUDA) {
            return "its driver is for CUDA " + gpu.cuda() + " and the kernels need " + GpuInfo.version(OLDEST_CUDA)
                    + ": update the NVIDIA driver to " + OLDEST_DRIVER + " or later";
        }
        return null;
    }

    /** The modules in the form that suits a GPU: machine code where there is some, otherwise PTX. */
    List<Image> forGpu(GpuInfo gpu) {
        String ending = gpu.major() == MACHINE_MAJOR ? MACHINE_CODE : PTX;
        List<Image> images = new ArrayList<>();
        modules.forEach((module, kernels) -> {
            String name = module + ending;
            images.add(new Image(name, files.apply(name), kernels));
        });
        return images;
    }
}
