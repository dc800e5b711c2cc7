package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * llama.cpp on the same GPU in the same run. A model file is written for it, measured by {@link PeerProcess}, and deleted. What it could not do has
 * the reason in place of figures.
 */
final class Peer {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path library;
    private final String gpu;
    private final LongSupplier secondsLeft;

    /**
     * @param library a folder with llama.cpp's libraries in it or below
     * @param gpu PCI address of the GPU, for measuring energy and memory; empty to run on the processor
     */
    Peer(Path library, String gpu, LongSupplier secondsLeft) {
        this.library = library;
        this.gpu = gpu;
        this.secondsLeft = secondsLeft;
    }

    /** Seconds that a model may take before the first figure: writing its file, reading it, starting. */
    static long secondsToStart(Shapes shapes, Shapes.Format format) {
        return 10 + SyntheticModel.bytes(shapes, format) / 1_000_000_000L * 2;
    }

    /** Does all jobs, each with figures or a reason, as far as {@link #secondsLeft} allows. */
    void measure(Shapes shapes, Shapes.Format format, List<PeerJob> jobs, Path directory, ObjectNode result)
            throws IOException, InterruptedException {
        Path file = directory.resolve("peer-" + shapes.name() + "-" + format + ".gguf");
        Map<PeerJob, ObjectNode> done = new LinkedHashMap<>();
        try {
            long bytes = SyntheticModel.bytes(shapes, format);
            long room = Files.getFileStore(directory).getUsableSpace();
            if (bytes > room) {
                result.put("reason", String.format(
                        Locale.ROOT,
                        "its model file needs %.1f GB and %s has %.1f GB free"
                                + " (OUTRIDER_JAVA_OPTS=-Djava.io.tmpdir=FOLDER names another place)",
                        bytes / 1e9,
                        directory,
                        room / 1e9));
            } else {
                SyntheticModel.write(file, shapes, format, 7, true);
                run(file, jobs, done, result);
            }
        } finally {
            Files.deleteIfExists(file);
            String general = result.path("reason").asText("no time left");
            for (PeerJob job : jobs) {
                place(job, done.computeIfAbsent(job, _ -> JSON.createObjectNode().put("reason", general)), result);
            }
        }
    }

    private static void place(PeerJob job, ObjectNode row, ObjectNode result) {
        switch (job.kind()) {
            case PROMPT -> row(result, "prefill").put("tokens", job.tokens()).setAll(row);
            case FIRST -> result.putObject("firstTokenWithCachedPreamble").setAll(row);
            case DECODE ->
                row(result, "decode").put("context", job.tokens()).put("batch", job.batch()).setAll(row);
        }
    }

    private static ObjectNode row(ObjectNode result, String list) {
        ArrayNode rows = result.withArray(list);
        return rows.addObject();
    }

    /** Starts processes until every job has an answer; one that ends a process is not tried again. */
    private void run(Path file, List<PeerJob> jobs, Map<PeerJob, ObjectNode> done, ObjectNode result)
            throws IOException, InterruptedException {
        // one that hangs leaves time to the others
        long until = System.nanoTime() + Math.max(45, secondsLeft.getAsLong() * 2 / 5) * 1_000_000_000L;
        List<PeerJob> open = new ArrayList<>(jobs);
        while (!open.isEmpty() && !result.has("reason")) {
            long seconds = Math.min(secondsLeft.getAsLong() - 3, (until - System.nanoTime()) / 1_000_000_000L);
            if (seconds < 3) {
                return;
            }
            String end = start(file, open, seconds, done, result);
            open.removeAll(done.keySet());
            if (!result.has("version")) {
                // it did not come to the first job, and would not the next time
                if (!result.has("reason")) {
                    result.put("reason", end);
                }
            } else if (!open.isEmpty()) {
                done.put(open.getFirst(), JSON.createObjectNode().put("reason", end));
                open.removeFirst();
            }
        }
    }

    /** One process; returns how it ended, which matters when a job has no answer. */
    private String start(Path file, List<PeerJob> jobs, long seconds, Map<PeerJob, ObjectNode> done, ObjectNode result)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash", "-XX:+DisplayVMOutputToStderr", "-Xmx1g"));
        String driver = System.getProperty("outrider.cuda.library");
        if (driver != null) {
            command.add("-Doutrider.cuda.library=" + driver);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PeerProcess.class.getName()));
        command.addAll(List.of(library.toString(), file.toString(), gpu, String.valueOf(seconds)));
        jobs.forEach(job -> command.add(job.toString()));
        Path folder = Files.createTempDirectory("peer-");
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        // room for what the driver compiles for this GPU, so that it is compiled once
        builder.environment().putIfAbsent("CUDA_CACHE_MAXSIZE", String.valueOf(4L << 30));
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(seconds + 2, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            read(Files.readString(out, StandardCharsets.UTF_8), done, result);
            return ended ? died(process.exitValue(), Files.readString(err, StandardCharsets.UTF_8)) : "no time left";
        } finally {
            process.destroyForcibly();
            delete(folder);
        }
    }

    private static void read(String said, Map<PeerJob, ObjectNode> done, ObjectNode result) throws IOException {
        for (String line : said.lines().toList()) {
            if (!line.startsWith("{") || !line.endsWith("}")) {
                continue;
            }
            ObjectNode node = (ObjectNode) JSON.readTree(line);
            JsonNode job = node.remove("job");
            if (job == null) {
                result.setAll(node);
            } else {
                done.put(PeerJob.parse(job.asText()), node);
            }
        }
    }

    /** The first line in which something speaks of an error, or the last one. */
    static String died(int status, String said) {
        List<String> lines = said.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        String line = lines.stream()
                .filter(text -> text.toLowerCase(Locale.ROOT).contains("error") || text.contains("ASSERT"))
                .findFirst()
                .orElse(lines.isEmpty() ? "without a word" : lines.getLast());
        return "llama.cpp ended the process with status " + status + ": " + line;
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
