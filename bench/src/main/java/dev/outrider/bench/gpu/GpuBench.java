package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

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

    /** Longest time for letting the driver compile llama.cpp's kernels. */
    private static final long WARM_UP_SECONDS = 100;

    private static final String OPERATIONS = "operations";
    private static final String MODELS = "models";
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
    private final Rows rows;
    private final long deadline;
    private final ObjectNode document = JSON.createObjectNode();
    private boolean agree = true;

    private GpuBench(Options options) {
        this.options = options;
        rows = options.rehearsal ? Rows.REHEARSAL : options.quick ? Rows.QUICK : Rows.FULL;
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
            Speed.Ceilings ceilings = describe();
            Thread warmUp = warmUp(directory);
            section(OPERATIONS, 5, () ->
                    agree &= Operations.compare(document.putArray("operations"), options.quick, random));
            section(MODELS, 10, () ->
                    agree &= Truth.compare(document.putArray("models"), directory, options.quick, random));
            section("llama.cpp's first start", 0, warmUp::join);
            document.putArray("speed");
            for (Shapes.Format format : formats()) {
                for (Shapes shapes : options.rehearsal ? List.of(Shapes.TINY) : List.of(Shapes.FOUR_B, Shapes.NINE_B)) {
                    measure(shapes, format, ceilings, directory);
                }
            }
            document.put("agrees", agree && document.has(OPERATIONS) && document.has(MODELS));
            write();
            System.out.println();
            new GpuTable(document).lines().forEach(System.out::println);
            System.out.println(verdict());
            return agree && !document.has("failures") && !document.has("skipped") ? 0 : 1;
        } finally {
            Files.deleteIfExists(directory);
        }
    }

    private String verdict() {
        if (!agree) {
            return "the GPU DIFFERS from the processor, see the JSON";
        }
        JsonNode skipped = document.path("skipped");
        return skipped.has(OPERATIONS) || skipped.has(MODELS)
                ? "the GPU was NOT COMPARED in full with the processor: there was no time"
                : "the GPU agrees with the processor";
    }

    private List<Shapes.Format> formats() {
        return options.quick
                ? List.of(options.rehearsal ? Shapes.Format.Q4_K_M : Shapes.Format.Q8_0)
                : List.of(Shapes.Format.values());
    }

    /** One model in one format, in Outrider and then in llama.cpp. */
    private void measure(Shapes shapes, Shapes.Format format, Speed.Ceilings ceilings, Path directory) throws IOException {
        ObjectNode speed = document.withArray("speed")
                .addObject()
                .put("model", shapes.name())
                .put("format", format.name());
        String name = shapes.name() + " " + format;
        String skipped = section("speed " + name, options.rehearsal ? 5 : 10, () ->
                Speed.measure(shapes, format, rows, ceilings, directory, () -> secondsLeft() > 5, speed));
        if (skipped != null) {
            speed.put("reason", skipped);
        }
        if (hasPeer()) {
            ObjectNode peer = speed.putObject("llama.cpp");
            skipped = section("llama.cpp " + name, Peer.secondsToStart(shapes, format), () ->
                    new Peer(options.peer, peerGpu(), this::secondsLeft).measure(shapes, format, rows.peerJobs(), directory, peer));
            if (skipped != null) {
                peer.put("reason", skipped);
            }
        }
    }

    private boolean hasPeer() {
        return !options.peer.toString().isEmpty();
    }

    /** Where llama.cpp runs: in rehearsals there is no GPU. */
    private String peerGpu() {
        return options.rehearsal ? "" : document.path("gpu").path("pci").asText();
    }

    /**
     * Lets llama.cpp run small models of all formats while the GPU's results are checked, when nothing is timed: its libraries may hold no machine code for
     * this GPU, and the driver then compiles what is used for the first time, and keeps it.
     */
    private Thread warmUp(Path directory) {
        return Thread.ofPlatform().start(() -> {
            if (!hasPeer() || options.rehearsal) {
                return;
            }
            long until = Math.min(deadline, System.nanoTime() + WARM_UP_SECONDS * 1_000_000_000L);
            int longest = rows.contexts().getLast();
            List<PeerJob> jobs = new ArrayList<>(List.of(new PeerJob(PeerJob.Kind.PROMPT, 2048, 1)));
            rows.batches().forEach(batch -> jobs.add(new PeerJob(PeerJob.Kind.DECODE, Math.min(longest, 8192), batch)));
            for (Shapes.Format format : formats()) {
                try {
                    new Peer(options.peer, peerGpu(), () -> (until - System.nanoTime()) / 1_000_000_000L)
                            .measure(Shapes.NARROW, format, jobs, directory, JSON.createObjectNode());
                } catch (IOException | RuntimeException e) {
                    // the measurement itself will say what is wrong
                    return;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        });
    }

    private long secondsLeft() {
        return (deadline - System.nanoTime()) / 1_000_000_000L;
    }

    /**
     * Runs a section unless too little time is left; a failure is noted, and the next one has its turn.
     *
     * @param needed seconds below which it is not worth starting
     * @return why there is nothing, or not all, or null
     */
    private @Nullable String section(String name, long needed, Section section) throws IOException {
        if (secondsLeft() < needed) {
            String reason = "skipped: " + Math.max(0, secondsLeft()) + " s are left, and it needs about " + needed;
            document.withObject("/skipped").put(name, reason);
            System.out.println("section " + name + ": " + reason);
            return reason;
        }
        String problem = null;
        long start = System.nanoTime();
        try {
            section.run();
        } catch (IOException | RuntimeException e) {
            problem = e instanceof SlmException ? String.valueOf(e.getMessage()) : e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            problem = "interrupted";
        }
        if (problem != null) {
            document.withArray("/failures").add(name + ": " + problem);
            System.out.println("failed  " + name + ": " + problem);
        }
        double took = (System.nanoTime() - start) / 1e9;
        document.withObject("/seconds").put(name, took);
        System.out.printf(Locale.ROOT, "section %s: %.1f s%n", name, took);
        write();
        return problem;
    }

    private void write() throws IOException {
        Path parent = options.out.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(options.out, JSON.writeValueAsString(document) + "\n");
    }

    /** What the GPU is and can do at most; without a GPU there is no run. */
    private Speed.Ceilings describe() throws IOException {
        try (CudaBackend gpu = Gpus.open(0, CudaOptions.standard())) {
            GpuInfo info = gpu.gpu();
            long copied = Math.min(4L << 30, gpu.memory().free() / 4);
            double bandwidth = gpu.ceilings().copyBandwidth(options.rehearsal ? 1 << 20 : copied);
            double own = gpu.ceilings().matrixRate(options.rehearsal ? 3 : 20_000);
            ObjectNode node = document.putObject("gpu")
                    .put("name", info.name())
                    .put("pci", info.pciBusId())
                    .put("capability", info.capability())
                    .put("cuda", info.cuda())
                    .put("multiprocessors", info.multiprocessors())
                    .put("memoryBytes", info.totalBytes())
                    .put("copyBytesPerSecond", bandwidth)
                    .put("matrixTeraflops", own / 1e12);
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
            write();
            // the better of the two rates: what is hard to reach, not what flatters
            double rate = Double.isNaN(options.libraryRate) ? own : Math.max(own, options.libraryRate * 1e12);
            return new Speed.Ceilings(bandwidth, rate);
        }
    }
}
