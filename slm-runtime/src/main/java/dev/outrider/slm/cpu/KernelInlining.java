package dev.outrider.slm.cpu;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the JVM's compiler what to inline in the vector kernels, in any program that uses the engine and without options on its command line:
 * compiler directives, given to the running JVM by its own diagnostic command ({@code jcmd Compiler.directives_add}). They name classes of
 * this package only.
 *
 * <p>A vector that crosses a call is boxed, so helpers of vectors must be inlined; and the compiler stops inlining in a method that has become
 * too large, so kernels must not be inlined into each other. It decides both by profile, otherwise for worse at times: a tenth of the speed.
 */
final class KernelInlining {

    private static final Logger LOG = LoggerFactory.getLogger(KernelInlining.class);

    /** Helpers of vectors. */
    private static final List<Class<?>> INLINED = List.of(Lanes.class);

    /** Kernels: compiled each on its own. */
    private static final List<Class<?>> APART = List.of(
            F32Matrix.class,
            F16Matrix.class,
            Bf16Matrix.class,
            Q8Matrix.class,
            Q5Matrix.class,
            Q4Matrix.class,
            Q4KMatrix.class,
            Q5KMatrix.class,
            Q6KMatrix.class,
            TileKernel.class,
            VectorKernels.class,
            LogitKernels.class,
            AttentionKernel.class,
            CpuMixer.class);

    private static final boolean ARRANGED = arrange();

    private KernelInlining() {}

    /** Gives the directives once in a JVM, before kernels are compiled; whether the JVM took them. */
    static boolean arranged() {
        return ARRANGED;
    }

    private static boolean arrange() {
        @Nullable Path file = null;
        try {
            file = Files.createTempFile("outrider-kernels", ".json");
            Files.writeString(file, directives());
            Object answer = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "compilerDirectivesAdd",
                            new Object[] {new String[] {file.toString()}},
                            new String[] {String[].class.getName()});
            if (String.valueOf(answer).startsWith("1 compiler directives added")) {
                return true;
            }
            LOG.warn("the compiler refused the directives for the vector kernels, which may run slower, not otherwise: {}", answer);
        } catch (Exception | LinkageError e) {
            // no exception of javax.management is named here: a JVM without that module could not even load this class then
            LOG.warn("no directives for the vector kernels, which may run slower, not otherwise: this JVM does not take them ({})", e.toString());
        } finally {
            delete(file);
        }
        return false;
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.debug("{} stays behind", file, e);
        }
    }

    private static String directives() {
        String rules = Stream.concat(
                        INLINED.stream().map(c -> "\"+" + name(c) + ".*\""),
                        Stream.concat(
                                APART.stream().map(c -> "\"-" + name(c) + ".*\""),
                                Stream.of("\"-" + name(MatrixProduct.class) + ".fold\"")))
                .collect(Collectors.joining(", "));
        return "[{match: [\"dev/outrider/slm/*.*\"], inline: [" + rules + "]}]\n";
    }

    private static String name(Class<?> type) {
        return type.getName().replace('.', '/');
    }
}
