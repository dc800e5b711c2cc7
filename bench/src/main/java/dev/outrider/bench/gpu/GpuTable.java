package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The figures of a run as a table to read: Outrider's, the floor, and llama.cpp's in the same row. Where a figure could not be taken, the row names
 * a note that says why; what is not measured at all is a dash.
 */
final class GpuTable {

    private static final double GIB = 1L << 30;
    private static final String OWN = "%10s %9s %9s %6s %8s %7s";
    private static final String PEER = "%10s %9s %8s %7s";
    private static final String NONE = "-";

    private final JsonNode document;
    private final boolean peer;
    private final List<String> lines = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    GpuTable(JsonNode document) {
        this.document = document;
        boolean any = false;
        for (JsonNode speed : document.path("speed")) {
            any |= speed.has("llama.cpp");
        }
        peer = any;
    }

    List<String> lines() {
        lines.clear();
        notes.clear();
        JsonNode gpu = document.path("gpu");
        String library = gpu.has("libraryTeraflops")
                ? line(", %.0f TFLOP/s with a library", number(gpu, "libraryTeraflops"))
                : "";
        lines.add(line(
                "%s: copies %.2f TB/s, bf16 matrix products %.0f TFLOP/s with the engine's instruction%s",
                gpu.path("name").asText("no GPU"),
                number(gpu, "copyBytesPerSecond") / 1e12,
                number(gpu, "matrixTeraflops"),
                library));
        document.path("speed").forEach(this::block);
        lines.add("");
        lines.add("decode: a step that gives each of some sequences one more token, after so many that were read; prompt: reading it; first token:"
                + " after a kept preamble and a question of 32 tokens.");
        lines.add("floor: the bytes that must be read and written over the copy rate; of a prompt, its operations over the matrix rate where that"
                + " is more. GiB: memory of the GPU taken. -: not measured.");
        lines.add(
                peer
                        ? "llama.cpp reads prompts in pieces of 512 and of 2048 tokens, the faster counts; pasts of more than 512 tokens are made up"
                                + " in both engines."
                        : "llama.cpp was not asked for (--peer).");
        for (int i = 0; i < notes.size(); i++) {
            lines.add(line("(%d) %s", i + 1, notes.get(i)));
        }
        return List.copyOf(lines);
    }

    private void block(JsonNode speed) {
        JsonNode other = speed.path("llama.cpp");
        lines.add("");
        String what = line("%s %s", speed.path("model").asText(), speed.path("format").asText());
        if (speed.has("weightBytesPerToken")) {
            what += line(", %,.1f MB of weights a step", number(speed, "weightBytesPerToken") / 1e6);
        }
        if (other.has("version")) {
            what += line(
                    ", llama.cpp %s on %s", other.path("version").asText(), other.path("backends").asText());
        }
        lines.add(what);
        lines.add(("%-28s |" + OWN + " |").formatted("", "Outrider", "", "", "", "", "")
                + (peer ? (PEER + " | %s").formatted("llama.cpp", "", "", "", "Outrider is") : ""));
        lines.add(("%-28s |" + OWN + " |").formatted("", "ms", "tokens/s", "floor ms", "of it", "J/token", "GiB")
                + (peer ? (PEER + " | %s").formatted("ms", "tokens/s", "J/token", "GiB", "times as fast") : ""));
        rows(speed, "decode").forEach(row -> add(
                line("decode at %s, %d together", tokens(row.path("context").asInt()), row.path("batch").asInt()),
                find(speed, "decode", row),
                find(other, "decode", row),
                "msPerStep"));
        rows(speed, "prefill").forEach(row -> add(
                line("prompt of %s", tokens(row.path("tokens").asInt())),
                find(speed, "prefill", row),
                find(other, "prefill", row),
                "ms"));
        String first = "firstTokenWithCachedPreamble";
        add("first token", orReason(speed, first), orReason(other, first), "ms");
    }

    /** The rows of one kind: Outrider's, or those of llama.cpp where there are none. */
    private static JsonNode rows(JsonNode speed, String kind) {
        return speed.path(kind).isEmpty() ? speed.path("llama.cpp").path(kind) : speed.path(kind);
    }

    /** An engine's row that stands for the same as this one, or the engine's reason for having none. */
    private static JsonNode find(JsonNode engine, String kind, JsonNode like) {
        for (JsonNode row : engine.path(kind)) {
            if (row.path("context").equals(like.path("context"))
                    && row.path("batch").equals(like.path("batch"))
                    && row.path("tokens").equals(like.path("tokens"))) {
                return row;
            }
        }
        return engine;
    }

    private static JsonNode orReason(JsonNode engine, String name) {
        return engine.has(name) ? engine.path(name) : engine;
    }

    private void add(String name, JsonNode own, JsonNode other, String time) {
        String left = own.has(time)
                ? OWN.formatted(
                        cell(own, time, 1, "%.3f"),
                        cell(own, "tokensPerSecond", 1, "%.0f"),
                        cell(own, floor(own), 1, "%.3f"),
                        cell(own, "shareOfFloor", 100, "%.0f %%"),
                        cell(own, "joulesPerToken", 1, "%.4f"),
                        cell(own, "usedBytes", 1 / GIB, "%.2f"))
                : line("%-54s", note(own));
        String right = "";
        if (peer) {
            right = other.has(time)
                    ? PEER.formatted(
                                    cell(other, time, 1, "%.3f"),
                                    cell(other, "tokensPerSecond", 1, "%.0f"),
                                    cell(other, "joulesPerToken", 1, "%.4f"),
                                    cell(other, "usedBytes", 1 / GIB, "%.2f"))
                            + " | "
                            + (own.has(time) ? line("%.2f", number(other, time) / number(own, time)) : NONE)
                    : line("%-37s | %s", note(other), NONE);
        }
        lines.add(line("%-28s |%s |%s", name, left, right));
    }

    private static String floor(JsonNode row) {
        return row.has("floorMs") ? "floorMs" : "floorMsPerStep";
    }

    /** The reason why there is no figure, as the number of a note. */
    private String note(JsonNode row) {
        String reason = row.path("reason").asText("not done");
        if (!notes.contains(reason)) {
            notes.add(reason);
        }
        return "  none, see (" + (notes.indexOf(reason) + 1) + ")";
    }

    private static String cell(JsonNode row, String name, double scale, String format) {
        return row.has(name) ? line(format, row.path(name).asDouble() * scale) : NONE;
    }

    private static double number(JsonNode node, String name) {
        return node.path(name).asDouble(Double.NaN);
    }

    /** As 0.1k, 8k, 128k; below 100 as it is. */
    private static String tokens(int count) {
        if (count < 100) {
            return String.valueOf(count);
        }
        return count % 1024 == 0 ? count / 1024 + "k" : line("%.1fk", count < 1024 ? count / 1000.0 : count / 1024.0);
    }

    private static String line(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
