package dev.outrider.slm.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import dev.outrider.slm.SlmException;

/** A library of the NVIDIA driver. It stays loaded until the process ends: drivers do not survive being unloaded. */
final class DriverLibrary {

    /** Names a library to use in place of those in the usual places. */
    static final String LIBRARY_PROPERTY = "outrider.cuda.library";

    private static final List<String> DIRECTORIES = List.of(
            "/usr/local/nvidia/lib64/",
            "/usr/local/nvidia/lib/",
            "/usr/lib/x86_64-linux-gnu/",
            "/usr/lib/aarch64-linux-gnu/",
            "/usr/lib64/",
            "/usr/lib/wsl/lib/",
            "/run/opengl-driver/lib/",
            "/usr/local/cuda/compat/");

    private final String name;
    private final SymbolLookup symbols;

    private DriverLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /** The CUDA driver, or nothing where there is none. */
    static Optional<DriverLibrary> cuda() {
        String chosen = System.getProperty(LIBRARY_PROPERTY);
        if (chosen != null) {
            // empty: as if there were no driver
            return chosen.isEmpty() ? Optional.empty() : Optional.of(open(chosen));
        }
        return find("libcuda.so.1", "libcuda.so", "nvcuda.dll");
    }

    /** The management library that measures power, or nothing where there is none. */
    static Optional<DriverLibrary> management() {
        String chosen = System.getProperty(LIBRARY_PROPERTY);
        if (chosen != null) {
            return chosen.isEmpty() ? Optional.empty() : Optional.of(open(chosen));
        }
        return find("libnvidia-ml.so.1", "libnvidia-ml.so", "nvml.dll");
    }

    /** The library in this file. */
    static DriverLibrary open(String file) {
        try {
            return new DriverLibrary(file, SymbolLookup.libraryLookup(file, Arena.global()));
        } catch (IllegalArgumentException e) {
            throw new SlmException("the library " + file + " cannot be loaded: " + reason(file, e) + "; correct or remove -D"
                    + LIBRARY_PROPERTY, e);
        }
    }

    /** The loader's own words, which the lookup leaves out. */
    @SuppressWarnings("UnusedVariable") // the error is the purpose
    private static String reason(String file, IllegalArgumentException e) {
        try {
            System.load(file);
            return String.valueOf(e.getMessage());
        } catch (UnsatisfiedLinkError reason) {
            return String.valueOf(reason.getMessage());
        }
    }

    private static Optional<DriverLibrary> find(String... names) {
        List<String> candidates = new ArrayList<>(List.of(names));
        for (String directory : DIRECTORIES) {
            candidates.add(directory + names[0]);
        }
        for (String candidate : candidates) {
            try {
                return Optional.of(new DriverLibrary(candidate, SymbolLookup.libraryLookup(candidate, Arena.global())));
            } catch (IllegalArgumentException e) {
                // not there; the next place
                continue;
            }
        }
        return Optional.empty();
    }

    String name() {
        return name;
    }

    boolean has(String symbol) {
        return symbols.find(symbol).isPresent();
    }

    /**
     * A function that returns an int.
     *
     * @throws SlmException if the library does not have it
     */
    MethodHandle function(String symbol, MemoryLayout... parameters) {
        MemorySegment address = symbols.find(symbol)
                .orElseThrow(() -> new SlmException("the NVIDIA driver's library " + name + " has no function " + symbol
                        + ": update the driver to one for CUDA 12 or later"));
        return Linker.nativeLinker()
                .downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters));
    }
}
