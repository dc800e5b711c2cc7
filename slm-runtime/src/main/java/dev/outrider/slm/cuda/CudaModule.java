package dev.outrider.slm.cuda;

import java.util.HashMap;
import java.util.Map;

/** Loaded kernels. */
final class CudaModule extends CudaResource {

    private final Map<String, Long> functions = new HashMap<>();

    CudaModule(CudaContext context, long handle) {
        super(context, handle);
    }

    /** The handle of a kernel; it lives as long as the module. */
    long function(String name) {
        return functions.computeIfAbsent(name, n -> {
            context.enter();
            return context.driver().function(handle(), n);
        });
    }

    @Override
    void release(Driver driver, long handle) {
        driver.unloadModule(handle);
    }
}
