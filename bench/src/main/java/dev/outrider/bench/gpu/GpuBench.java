package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

import dev.outrider.slm.SlmException;
import dev.outrider.slm.cuda.CudaBackend;
import dev.outrider.slm.cuda.CudaOptions;
import dev.outrider.slm.cuda.GpuInfo;
import dev.outrider.slm.cuda.GpuMeter;
import dev.outrider.slm.cuda.Gpus;

/**
 * Truth and speed of the GPU backend in one run: see {@code bench/gpu/run}. What has been found is written after every section, so that a
 * run that is cut short loses only what was under way.
 */
public final class GpuBench {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** What the command line asks for. */
    private record Options(Path out, boolean quick, boolean rehearsal, Path peer, long seconds, double libraryRate) {
        static Options parse(String... arguments) {
            Path out = Path.of("gpu.json");
            Path peer = Path.of("");
            boolean quick = false;
            boolean rehearsal = false;
            long seconds = 460;
            double libraryRate = Double.NaN;
            for (int i = 0; i < arguments.length; i++) {
                String name = arguments[i];
                if (name.equals("--quick")) {
                    quick = true;
                } else if (name.equals("--rehearsal")) {
                    rehearsal = true;
                } else if (List.of("--out", "--peer", "--seconds", "--library-rate").contains(name) && i + 1 < arguments.length) {
                    String value = arguments[++i];
                    switch (name) {
                        case "--out" -> out = Path.of(value);
                        case "--peer" -> peer = Path.of(value);
                        case "--library-rate" -> libraryRate = Double.parseDouble(value);
                        default -> seconds = Long.parseLong(value);
                    }
                } else {
                    throw new IllegalArgumentException("unknown option, or value missing: " + name);
                }
            }
            return new Options(out, quick || rehearsal, rehearsal, peer, seconds, libraryRate);
        }
    }

    private interface Section {
        void run() throws IOException, InterruptedException;
    }

    private final Options options;
    private final long deadline;
    private final ObjectNode document = JSON.createObjectNode();
    private boolean agree = true;

    private GpuBench(Options options) {
        this.options = options;
        deadline = System.nanoTime() + options.seconds * 1_000_000_000L;
    }

    /** Runs everything; the exit status is 0 when all figures could be taken and the GPU agrees with the processor. */
    public static void main(String... arguments) throws IOException {
        int status;
        try {
            status = new GpuBench(Options.parse(arguments)).run();
        } catch (IllegalArgumentException | SlmException e) {
            System.err.println("bench/gpu/run: " + e.getMessage());
            status = 2;
        }
        if (status != 0) {
            Runtime.getRuntime().halt(status);
        }
    }

    private int run() throws IOException {
        Path directory = Files.createTempDirectory("outrider-gpu-");
        try {
            Random random = new Random();
            document.put("started", Instant.now().toString())
                    .put("jdk", Runtime.version().toString())
                    .put("rehearsal", options.rehearsal);
            double[] bandwidth = new double[1];
            section("gpu", () -> bandwidth[0] = describe());
            section("operations", () ->
                    agree &= Operations.compare(document.putArray("operations"), options.quick, random));
            section("models", () ->
                    agree &= Truth.compare(document.putArray("models"), directory, options.quick, random));
            ArrayNode speeds = document.putArray("speed");
            for (Shapes shapes : options.rehearsal ? List.of(Shapes.TINY) : List.of(Shapes.FOUR_B, Shapes.NINE_B)) {
                for (Shapes.Format format : formats()) {
                    section("speed " + shapes.name() + " " + format, () -> Speed.measure(
                            shapes,
                            format,
                            contexts(),
                            options.rehearsal ? new int[] {1, 2} : new int[] {1, 8, 32},
                            options.rehearsal ? new int[] {20} : new int[] {512, 2048, 8192},
                            bandwidth[0],
                            directory,
                            () -> secondsLeft() > 5,
                            speeds.addObject()));
                }
                peer(shapes, directory);
            }
            document.put("agrees", agree);
            write();
            new GpuTable(document).lines().forEach(System.out::println);
            System.out.println(
                    agree ? "the GPU agrees with the processor" : "the GPU DIFFERS from the processor, see the JSON");
            return agree && !document.has("failures") ? 0 : 1;
        } finally {
            Files.deleteIfExists(directory);
        }
    }

    private List<Shapes.Format> formats() {
        return options.quick
                ? List.of(options.rehearsal ? Shapes.Format.Q4_K_M : Shapes.Format.Q8_0)
                : List.of(Shapes.Format.Q8_0, Shapes.Format.BF16, Shapes.Format.Q4_K_M);
    }

    private int[] contexts() {
        if (options.rehearsal) {
            return new int[] {20};
        }
        return options.quick ? new int[] {100, 8192} : new int[] {100, 8192, 32768, 131072};
    }

    private void peer(Shapes shapes, Path directory) throws IOException {
        if (options.peer.toString().isEmpty()) {
            return;
        }
        section("llama.cpp " + shapes.name(), () -> new Peer(options.peer, this::secondsLeft)
                .measure(
                        shapes,
                        Shapes.Format.Q8_0,
                        options.quick ? new int[] {512} : new int[] {512, 2048, 8192},
                        directory,
                        document.withArray("/llama.cpp/" + shapes.name())));
    }

    private long secondsLeft() {
        return (deadline - System.nanoTime()) / 1_000_000_000L;
    }

    /** Runs a section unless the time is up; a failure is noted, and the next one has its turn. */
    private void section(String name, Section section) throws IOException {
        if (secondsLeft() < 5) {
            document.withArray("/skipped").add(name);
            return;
        }
        long start = System.nanoTime();
        try {
            section.run();
        } catch (IOException | RuntimeException e) {
            document.withArray("/failures").add(name + ": " + e);
            System.out.println("failed  " + name + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            document.withArray("/failures").add(name + ": interrupted");
        }
        double took = (System.nanoTime() - start) / 1e9;
        document.withObject("/seconds").put(name, took);
        System.out.printf(Locale.ROOT, "section %s: %.1f s%n", name, took);
        write();
    }

    private void write() throws IOException {
        Path parent = options.out.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(options.out, JSON.writeValueAsString(document) + "\n");
    }

    private double describe() {
        try (CudaBackend gpu = Gpus.open(0, CudaOptions.standard())) {
            GpuInfo info = gpu.gpu();
            double bandwidth = gpu.ceilings().copyBandwidth(options.rehearsal ? 1 << 20 : 4L << 30);
            ObjectNode node = document.putObject("gpu")
                    .put("name", info.name())
                    .put("capability", info.capability())
                    .put("cuda", info.cuda())
                    .put("multiprocessors", info.multiprocessors())
                    .put("memoryBytes", info.totalBytes())
                    .put("copyBytesPerSecond", bandwidth)
                    .put("matrixTeraflops", gpu.ceilings().matrixRate(options.rehearsal ? 3 : 20_000) / 1e12);
            if (!Double.isNaN(options.libraryRate)) {
                node.put("libraryTeraflops", options.libraryRate);
            }
            GpuMeter.open(info.pciBusId()).ifPresent(meter -> {
                try (meter) {
                    meter.watts().ifPresent(watts -> node.put("watts", watts));
                    meter.celsius().ifPresent(celsius -> node.put("celsius", celsius));
                    meter.computeMegahertz().ifPresent(clock -> node.put("computeMegahertz", clock));
                    meter.memoryMegahertz().ifPresent(clock -> node.put("memoryMegahertz", clock));
                }
            });
            return bandwidth;
        }
    }
}
