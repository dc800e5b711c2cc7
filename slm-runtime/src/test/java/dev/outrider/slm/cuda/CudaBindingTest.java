package dev.outrider.slm.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CudaBindingTest {

    private static final int OUT_OF_MEMORY = 2;
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int NOT_PERMITTED = 800;
    private static final int UNKNOWN = 999;

    private FakeDriver fake = null_();

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // set before each test
    private static <T> T null_() {
        return null;
    }

    @BeforeEach
    void starts() {
        fake = FakeDriver.fresh();
    }

    @AfterEach
    void did_nothing_that_the_driver_leaves_undefined() {
        assertThat(fake.complaint()).isEmpty();
        assertThat(fake.contexts()).isZero();
    }

    @Test
    void bytes_of_any_size_come_back_as_they_went() {
        long seed = new Random().nextLong();
        byte[] sent = new byte[1_000_003];
        new Random(seed).nextBytes(sent);
        try (CudaContext context = CudaContext.open(fake.driver(), 0);
                CudaStream stream = context.createStream();
                Uploader uploader = new Uploader(context, stream, 4096);
                DeviceMemory memory = context.allocate(sent.length, "a test");
                Arena arena = Arena.ofConfined()) {
            MemorySegment back = arena.allocate(sent.length);
            uploader.upload(arena.allocateFrom(ValueLayout.JAVA_BYTE, sent), memory.address());
            uploader.download(memory.address(), back);

            assertThat(back.toArray(ValueLayout.JAVA_BYTE)).as("seed %d", seed).isEqualTo(sent);
        }
    }

    @Test
    void an_allocation_that_does_not_fit_says_how_much_is_needed_and_how_much_is_free() {
        fake.memory(64 << 20).heldByOthers(16 << 20);
        try (CudaContext context = CudaContext.open(fake.driver(), 0)) {
            assertThatThrownBy(() -> context.allocate(50 << 20, "the weights"))
                    .isInstanceOfSatisfying(CudaException.class, e -> {
                        assertThat(e.outOfMemory()).isTrue();
                        assertThat(e.deviceLost()).isFalse();
                        assertThat(e.call()).isEqualTo("cuMemAlloc_v2");
                        assertThat(e.error()).isEqualTo("CUDA_ERROR_OUT_OF_MEMORY");
                    })
                    .hasMessageContaining("the weights needs 50.0 MiB, 48.0 MiB of 64.0 MiB are free")
                    .hasMessageContaining("--device cpu");

            // and smaller work goes on
            context.allocate(40 << 20, "less").close();
        }
    }

    @Test
    void closing_twice_does_nothing_and_using_what_is_closed_is_an_error_of_ours() {
        CudaContext context = CudaContext.open(fake.driver(), 0);
        DeviceMemory memory = context.allocate(100, "a test");
        memory.close();
        memory.close();
        assertThatThrownBy(memory::address).isInstanceOf(IllegalStateException.class);

        CudaStream stream = context.createStream();
        context.close();
        context.close();
        stream.close();
        assertThatThrownBy(stream::synchronize).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> context.allocate(1, "a test")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_context_gives_back_what_was_left_open() {
        CudaContext context = CudaContext.open(fake.driver(), 0);
        context.allocate(100, "a test");
        context.allocateHost(100, "a test");
        context.createStream();
        context.createEvent(true);
        assertThat(context.allocated()).isEqualTo(100);
        context.close();

        assertThat(fake.leftAtRelease()).isZero();
        assertThat(context.allocated()).isZero();
        assertThat(context.allocatedHost()).isZero();
    }

    @Test
    void any_thread_may_call() throws InterruptedException {
        try (CudaContext context = CudaContext.open(fake.driver(), 0)) {
            Throwable[] failure = new Throwable[1];
            for (Thread.Builder builder : new Thread.Builder[] {Thread.ofPlatform(), Thread.ofVirtual()}) {
                builder.start(() -> {
                            try {
                                context.allocate(100, "a test").close();
                            } catch (Throwable t) {
                                failure[0] = t;
                            }
                        })
                        .join();
            }
            assertThat(failure[0]).isNull();
        }
    }

    @Test
    void recorded_work_runs_when_it_is_launched_and_as_often() {
        try (CudaContext context = CudaContext.open(fake.driver(), 0);
                CudaStream stream = context.createStream();
                DeviceMemory a = context.allocate(4, "a test");
                DeviceMemory b = context.allocate(4, "a test");
                PinnedMemory host = context.allocateHost(4, "a test")) {
            CudaGraph graph = stream.capture(() -> {
                stream.copyToDevice(host, 0, a.address(), 4);
                stream.copyOnDevice(a.address(), b.address(), 4);
                stream.copyToHost(b.address(), host, 0, 4);
                stream.zero(b.address(), 4);
            });
            for (int value = 1; value <= 2; value++) {
                host.segment().set(ValueLayout.JAVA_INT, 0, value);
                stream.launch(graph);
                stream.synchronize();
                assertThat(host.segment().get(ValueLayout.JAVA_INT, 0)).isEqualTo(value);
            }
            assertThat(fake.graphLaunches()).isEqualTo(2);
        }
    }

    @Test
    void a_capture_that_fails_is_thrown_away_and_the_stream_goes_on() {
        try (CudaContext context = CudaContext.open(fake.driver(), 0);
                CudaStream stream = context.createStream();
                DeviceMemory memory = context.allocate(4, "a test")) {
            fake.fail("cuMemsetD8Async", 1, NOT_PERMITTED);
            assertThatThrownBy(() -> stream.capture(() -> stream.zero(memory.address(), 4)))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("CUDA_ERROR_NOT_PERMITTED");

            stream.zero(memory.address(), 4);
            stream.synchronize();
        }
        assertThat(fake.leftAtRelease()).isZero();
    }

    @Test
    void kernels_that_cannot_be_loaded_say_what_the_compiler_said() {
        try (CudaContext context = CudaContext.open(fake.driver(), 0);
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> context.loadModule(arena.allocateFrom("x"), "kernels.ptx"))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("cuModuleLoadDataEx failed with CUDA_ERROR_INVALID_IMAGE")
                    .hasMessageContaining("kernels.ptx: ptxas fatal : no text");
        }
    }

    @Test
    void a_gpu_that_was_lost_fails_every_call_but_can_be_closed() {
        CudaContext context = CudaContext.open(fake.driver(), 0);
        CudaStream stream = context.createStream();
        DeviceMemory memory = context.allocate(100, "a test");
        fake.fail("cuStreamSynchronize", 1, ILLEGAL_ADDRESS);
        assertThatThrownBy(stream::synchronize)
                .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.deviceLost()).isTrue())
                .hasMessageContaining("cuStreamSynchronize failed with CUDA_ERROR_ILLEGAL_ADDRESS")
                .hasMessageContaining("start the process again");

        long calls = fake.calls();
        assertThatThrownBy(() -> context.allocate(1, "more"))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("the GPU was lost earlier");
        assertThat(fake.calls()).as("nothing more is asked of a lost GPU").isEqualTo(calls);
        memory.close();
        context.close();
    }

    @Test
    void whichever_call_fails_the_error_is_typed_and_nothing_is_kept() {
        long calls = callsOfTheScenario();
        assertThat(calls).isGreaterThan(30);
        for (int result : new int[] {OUT_OF_MEMORY, NOT_PERMITTED, ILLEGAL_ADDRESS, UNKNOWN}) {
            for (long n = 1; n <= calls; n++) {
                fake = FakeDriver.fresh();
                String where = "call " + n + " gives " + result;
                fake.fail(n, result);
                try {
                    scenario();
                    // only what gives back may fail unnoticed
                    assertThat(fake.contexts()).as(where).isZero();
                } catch (CudaException e) {
                    assertThat(e.code()).as(where).isEqualTo(result);
                    assertThat(e.getMessage()).as(where).doesNotContain("\n");
                }
                assertThat(fake.contexts()).as(where).isZero();
                boolean lost = result == ILLEGAL_ADDRESS || result == UNKNOWN;
                assertThat(fake.leftAtRelease()).as(where).isLessThanOrEqualTo(lost ? Long.MAX_VALUE : 0);
                assertThat(fake.complaint()).as(where).isEmpty();
            }
        }
    }

    private long callsOfTheScenario() {
        scenario();
        return fake.calls();
    }

    /** Something of everything. */
    private void scenario() {
        try (CudaContext context = CudaContext.open(fake.driver(), 0);
                CudaStream stream = context.createStream();
                Uploader uploader = new Uploader(context, stream, 64);
                DeviceMemory memory = context.allocate(200, "a test");
                CudaEvent before = context.createEvent(true);
                CudaEvent after = context.createEvent(true);
                Arena arena = Arena.ofConfined()) {
            GpuInfo.of(context.driver(), 0);
            CudaModule module = context.loadModule(arena.allocateFrom(".version 7.8 .entry relu2"), "a test");
            long kernel = module.function("relu2");
            KernelArguments arguments = new KernelArguments(arena);
            MemorySegment bytes = arena.allocate(200);
            uploader.upload(bytes, memory.address());
            stream.record(before);
            CudaGraph graph = stream.capture(
                    () -> stream.launch(kernel, Grid.of(1, 32), 0, arguments.start().pointer(memory.address()).integer(50).pointers()));
            stream.launch(graph);
            stream.record(after);
            stream.synchronize();
            before.millisecondsTo(after);
            uploader.download(memory.address(), bytes);
        }
    }
}
