package dev.outrider.slm.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/**
 * The same suites again, with kernels compiled to stop at misaligned or outlying accesses and undefined arithmetic: what a GPU answers with an error of
 * the whole context. In a process of its own, because the address sanitizer must be there before the JVM.
 */
@Tag("long")
class KernelsUnderSanitizersTest {

    private static final int ROUNDS = 2;

    private static final List<Class<?>> SUITES = List.of(
            RowKernelsTest.class,
            MatrixKernelsTest.class,
            MixerKernelsTest.class,
            AttentionKernelsTest.class,
            ChoiceKernelsTest.class);

    @Test
    void no_kernel_steps_out_of_its_memory() throws IOException, InterruptedException {
        Path sanitizer = Path.of(said(List.of("c++", "-print-file-name=libasan.so")));
        if (!sanitizer.isAbsolute() || !Files.exists(sanitizer)) {
            throw new TestAbortedException("the C++ compiler has no address sanitizer");
        }
        ProcessBuilder java = new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Doutrider.root=" + System.getProperty("outrider.root", ".."),
                "-Doutrider.shim.flags=-g -fsanitize=address,undefined -fno-sanitize-recover=all",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                KernelsUnderSanitizersTest.class.getName());
        java.environment().put("LD_PRELOAD", sanitizer.toString());
        // the JVM handles its own faults, and never gives back all it took
        java.environment().put("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0:detect_stack_use_after_return=0");
        Process process = java.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("every suite passed " + ROUNDS + " times");
    }

    private static String said(List<String> command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return output.strip();
        } catch (IOException e) {
            throw new TestAbortedException("no C++ compiler to run CUDA kernels on the processor: " + e.getMessage());
        }
    }

    public static void main(String[] arguments) throws ReflectiveOperationException {
        for (int round = 0; round < ROUNDS; round++) {
            for (Class<?> suite : SUITES) {
                Method compile = suite.getDeclaredMethod("compile");
                compile.setAccessible(true);
                compile.invoke(null);
                for (Method test : suite.getDeclaredMethods()) {
                    if (test.isAnnotationPresent(Test.class)) {
                        var constructor = suite.getDeclaredConstructor();
                        constructor.setAccessible(true);
                        test.setAccessible(true);
                        test.invoke(constructor.newInstance());
                    }
                }
            }
        }
        System.out.println("every suite passed " + ROUNDS + " times");
    }
}
