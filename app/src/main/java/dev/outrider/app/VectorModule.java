package dev.outrider.app;

/**
 * Makes the Vector API usable in a JVM that was started without {@code --add-modules jdk.incubator.vector}, which the launcher
 * leaves out because the JVM would print {@code WARNING: Using incubator modules} before every command. This is how the JDK
 * itself adds a system module to a running JVM (for agents); it needs {@code --add-exports
 * java.base/jdk.internal.module=ALL-UNNAMED}. The kernels compile to the same machine code either way.
 */
final class VectorModule {

    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /** Loads the module unless it is there. Must run before the first class that uses it is loaded. */
    static void load() {
        if (ModuleLayer.boot().findModule(NAME).isPresent()) {
            return;
        }
        try {
            Class.forName("jdk.internal.module.Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, NAME);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw CliException.failed("this JVM was started without the Vector API: add the options --add-modules " + NAME
                    + " --enable-native-access=ALL-UNNAMED, or start with the launcher ./outrider");
        }
    }
}
