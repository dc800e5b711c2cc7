package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.cuda.CudaException;
import dev.outrider.slm.cuda.CudaOptions;
import dev.outrider.slm.cuda.FakeDriver;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufException;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.GgufWriter;
import dev.outrider.slm.gguf.TensorType;

class DeviceTest {

    private static final String LIBRARY = "outrider.cuda.library";

    @TempDir
    Path directory;

    private FakeDriver fake = FakeDriver.fresh();

    @BeforeEach
    void starts() {
        fake = FakeDriver.fresh();
        System.setProperty(LIBRARY, fake.file().toString());
    }

    @AfterEach
    void ends() {
        System.clearProperty(LIBRARY);
        assertThat(fake.complaint()).isEmpty();
        assertThat(fake.contexts()).isZero();
    }

    private Path model(String name) {
        return Golden.copy(name + ".gguf", directory);
    }

    @Test
    void without_a_driver_auto_is_the_processor_and_says_why() {
        System.setProperty(LIBRARY, "");
        Device device = Device.auto(3);
        assertThat(device.kind()).isEqualTo(Device.Kind.CPU);
        assertThat(device.explain()).isEqualTo(
                "the processor, 3 threads; no GPU: there is no NVIDIA driver (libcuda.so.1 was not found)");
        assertThatThrownBy(() -> SlmEngine.load(model("f32-1"), Device.cuda(0)))
                .isInstanceOf(SlmException.class)
                .hasMessage("cuda:0 cannot be used: there is no NVIDIA driver (libcuda.so.1 was not found); run with --device cpu");
    }

    @Test
    void a_driver_without_a_gpu_says_so() {
        fake.devices(0);
        assertThat(Device.auto().explain()).contains("CUDA_ERROR_NO_DEVICE").contains("CUDA_VISIBLE_DEVICES");
    }

    @Test
    void a_driver_that_does_not_start_says_what_to_do() {
        fake.start(803);
        assertThat(Device.auto().kind()).isEqualTo(Device.Kind.CPU);
        assertThat(Device.auto().explain()).contains("restart the machine");
    }

    @Test
    void a_driver_that_is_too_old_says_what_is_needed() {
        fake.version(11_080);
        assertThat(Device.auto().explain())
                .contains("its driver is for CUDA 11.8 and the kernels need 12.0: update the NVIDIA driver to 525 or later");
        assertThatThrownBy(() -> SlmEngine.load(model("f32-1"), Device.cuda(0)))
                .isInstanceOf(SlmException.class)
                .hasMessageContaining("cuda:0 (Fake GPU 0) cannot be used")
                .hasMessageContaining("11.8");
    }

    @Test
    void a_gpu_of_an_old_kind_says_what_is_needed() {
        fake.capability(7, 5);
        assertThat(Device.auto().explain()).contains("compute capability 7.5 and the kernels need 8.0 or later");
    }

    @Test
    void a_gpu_that_is_not_there_is_an_error_that_says_how_to_list_them() {
        assertThatThrownBy(() -> SlmEngine.load(model("f32-1"), Device.cuda(3)))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("CUDA_ERROR_INVALID_DEVICE")
                .hasMessageContaining("slm info --devices");
    }

    @Test
    void a_full_gpu_is_left_alone_by_auto_and_an_error_for_who_insists() {
        fake.heldByOthers((1L << 30) - (10 << 20));
        assertThatThrownBy(() -> SlmEngine.load(model("f32-1"), Device.cuda(0)))
                .isInstanceOf(SlmException.class)
                .hasMessageContaining("the model needs 0.1")
                .hasMessageContaining("0.01 GiB of 1.00 GiB are free")
                .hasMessageContaining("--device cpu");
        Device auto = Device.auto(2);
        assertThat(auto.kind()).isEqualTo(Device.Kind.CUDA);
        try (SlmEngine engine = SlmEngine.load(model("f32-2"), auto)) {
            assertThat(engine.device().kind()).isEqualTo(Device.Kind.CPU);
            assertThat(engine.device().threads()).isEqualTo(2);
            assertThat(engine.device().explain()).contains("not cuda:0: the model needs");
        }
    }

    @Test
    void the_engine_on_a_gpu_answers_what_it_answers_on_the_processor() {
        int[] tokens = Golden.tokens();
        Path file = model("q8_0");
        try (SlmEngine gpu = SlmEngine.load(file, Device.cuda(0, CudaOptions.exact()));
                SlmEngine processor = SlmEngine.load(file, Device.cpu(2))) {
            assertThat(gpu.device().name()).isEqualTo("cuda:0");
            assertThat(gpu.device().explain()).contains("Fake GPU 0").contains("the model needs");
            GenerationOptions options = GenerationOptions.builder().maxTokens(10).temperature(0.7).seed(3).build();
            Generation expected = processor.generate(tokens, options);
            for (int again = 0; again < 2; again++) {
                // the second time from a snapshot
                Generation actual = gpu.generate(tokens, options);
                assertThat(actual.ids()).isEqualTo(expected.ids());
            }
            long used = fake.used();
            gpu.logits(tokens, (position, logits) -> assertThat(logits).isNotEmpty());
            assertThat(fake.used()).as("memory of sequences that are done is given back").isLessThanOrEqualTo(used);
        }
        assertThat(fake.leftAtRelease()).isZero();
    }

    @Test
    void requests_side_by_side_answer_as_on_the_processor_and_a_cancelled_one_gives_its_memory_back() throws Exception {
        Path file = model("q8_0");
        List<int[]> prompts = List.of(new int[] {1, 5, 9, 100}, new int[] {2, 3}, new int[] {1, 7, 7, 7, 20});
        GenerationOptions options = GenerationOptions.builder().maxTokens(8).temperature(0.7).seed(3).build();
        try (SlmEngine gpu = SlmEngine.load(file, Device.cuda(0, CudaOptions.exact()));
                SlmEngine processor = SlmEngine.load(file, Device.cpu(2));
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 2; round++) {
                // the second time from snapshots
                AtomicInteger told = new AtomicInteger();
                Future<Generation> cancelled = callers.submit(() -> gpu.generate(
                        new int[] {3, 3, 3},
                        GenerationOptions.builder()
                                .maxTokens(20)
                                .listener(token -> told.incrementAndGet())
                                .cancelled(() -> told.get() == 2)
                                .build()));
                List<Future<Generation>> running = prompts.stream()
                        .map(prompt -> callers.submit(() -> gpu.generate(prompt, options)))
                        .toList();
                for (int i = 0; i < prompts.size(); i++) {
                    assertThat(running.get(i).get().ids())
                            .isEqualTo(processor.generate(prompts.get(i), options).ids());
                }
                assertThat(cancelled.get().finish()).isEqualTo(Generation.Finish.CANCELLED);
            }
        }
        assertThat(fake.leftAtRelease()).isZero();
    }

    @Test
    void a_model_that_has_no_kernels_on_a_gpu_runs_on_the_processor_unless_somebody_insists() {
        assertThatThrownBy(() -> SlmEngine.load(model("llama"), Device.cuda(0)))
                .isInstanceOf(SlmException.class)
                .hasMessageContaining("rotary position encoding")
                .hasMessageContaining("--device cpu");
        try (SlmEngine engine = SlmEngine.load(model("llama"), Device.auto(2))) {
            assertThat(engine.device().kind()).isEqualTo(Device.Kind.CPU);
            assertThat(engine.device().explain()).contains("not cuda:0: models with rotary position encoding");
        }
        assertThat(fake.leftAtRelease()).isZero();
    }

    @Test
    void a_gpu_taken_away_ends_requests_with_its_error_and_the_engine_can_be_closed() {
        try (SlmEngine engine = SlmEngine.load(model("f32-1"), Device.cuda(0))) {
            GenerationOptions options = GenerationOptions.builder().maxTokens(4).build();
            engine.generate(new int[] {1, 2, 3}, options);
            fake.fail("cuStreamSynchronize", 1, 700);
            for (int again = 0; again < 2; again++) {
                assertThatThrownBy(() -> engine.generate(new int[] {4, 5, 6}, options))
                        .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.deviceLost()).isTrue());
            }
        }
    }

    @Test
    void a_format_that_no_kernel_reads_is_refused_by_name_and_nothing_is_kept() {
        Path strange = directory.resolve("strange.gguf");
        try (Gguf gguf = Gguf.open(model("q8_0"))) {
            String changed = gguf.tensors().values().stream()
                    .filter(tensor -> tensor.type() == TensorType.Q8_0)
                    .map(GgufTensor::name)
                    .findFirst()
                    .orElseThrow();
            List<GgufWriter.Tensor> tensors = new ArrayList<>();
            for (GgufTensor tensor : gguf.tensors().values()) {
                tensors.add(
                        tensor.name().equals(changed)
                                ? new GgufWriter.Tensor(
                                        changed,
                                        TensorType.IQ4_NL,
                                        tensor.dimensions(),
                                        out -> out.write(new byte[(int) (tensor.size() / 32 * 18)]))
                                : GgufWriter.Tensor.of(tensor));
            }
            GgufWriter.write(strange, gguf.metadata().asMap(), tensors);
            for (Device device : List.of(Device.cuda(0), Device.auto(1), Device.cpu(1))) {
                assertThatThrownBy(() -> SlmEngine.load(strange, device))
                        .as(device.name())
                        .isInstanceOf(GgufException.class)
                        .hasMessageContaining(changed)
                        .hasMessageContaining("IQ4_NL")
                        .hasMessageContaining("convert the model");
            }
        }
        assertThat(fake.used()).isZero();
    }

    @Test
    void a_context_beyond_the_memory_ends_its_request_alone() {
        GenerationOptions options = GenerationOptions.builder().maxTokens(3).build();
        int[] small = {1, 2, 3};
        try (SlmEngine engine = SlmEngine.load(model("f32-1"), Device.cuda(0))) {
            int[] expected = engine.generate(small, options).ids();
            fake.heldByOthers((1L << 30) - fake.used());
            int[] large = new int[48];
            Arrays.fill(large, 5);
            assertThatThrownBy(() -> engine.generate(large, options))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("OUT_OF_MEMORY")
                    .hasMessageContaining("shorter context");
            fake.heldByOthers(0);
            assertThat(engine.generate(small, options).ids()).isEqualTo(expected);
            assertThat(engine.generate(large, options).ids()).isNotEmpty();
        }
        assertThat(fake.leftAtRelease()).isZero();
    }

    @Test
    void names_of_devices_are_read_and_wrong_ones_refused() {
        assertThat(Device.of("cpu", 2).explain()).isEqualTo("the processor, 2 threads; as asked for");
        assertThat(Device.of("cuda:1", 2).name()).isEqualTo("cuda:1");
        assertThat(Device.of("auto", 2).name()).isEqualTo("cuda:0");
        assertThatThrownBy(() -> Device.of("gpu", 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no device 'gpu'; it is auto, cpu, cuda, or cuda:1 for the second GPU");
    }
}
