package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures of a run as lines to read. What could not be taken reads NaN. */
final class GpuTable {

    private final ObjectNode document;

    GpuTable(ObjectNode document) {
        this.document = document;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        JsonNode gpu = document.path("gpu");
        lines.add(line(
                "%s: copies %.2f TB/s, bf16 matrix products %.0f TFLOP/s with the engine's instruction, %.0f TFLOP/s with a library",
                gpu.path("name").asText("no GPU"),
                number(gpu, "copyBytesPerSecond") / 1e12,
                number(gpu, "matrixTeraflops"),
                number(gpu, "libraryTeraflops")));
        lines.add(line(
                "%-5s %-7s %8s %6s %11s %9s %9s %11s", "model", "format", "context", "batch", "ms a step", "floor", "share", "J a token"));
        for (JsonNode speed : document.path("speed")) {
            String model = line("%-5s %-7s", speed.path("model").asText(), speed.path("format").asText());
            for (JsonNode row : speed.path("decode")) {
                lines.add(line(
                        "%s %8d %6d %11.3f %9.3f %8.0f%% %11.4f",
                        model,
                        row.path("context").asInt(),
                        row.path("batch").asInt(),
                        number(row, "msPerStep"),
                        number(row, "floorMsPerStep"),
                        100 * number(row, "shareOfFloor"),
                        number(row, "joulesPerToken")));
            }
            for (JsonNode row : speed.path("prefill")) {
                lines.add(line(
                        "%s prompt of %d tokens: %.2f ms, %.0f tokens/s, %.0f TFLOP/s, %.0f %% of the matrix rate",
                        model,
                        row.path("tokens").asInt(),
                        number(row, "ms"),
                        number(row, "tokensPerSecond"),
                        number(row, "teraflops"),
                        100 * number(row, "teraflops") / matrixTeraflops()));
            }
            lines.add(line(
                    "%s first token with a cached preamble: %.2f ms",
                    model,
                    number(speed.path("firstTokenWithCachedPreamble"), "ms")));
        }
        document.path("llama.cpp").properties().forEach(peer -> peer.getValue()
                .forEach(row -> lines.add(beside(peer.getKey(), row))));
        return lines;
    }

    /** The better of the two rates: what is hard to reach, not what flatters. */
    private double matrixTeraflops() {
        JsonNode gpu = document.path("gpu");
        double own = number(gpu, "matrixTeraflops");
        double library = number(gpu, "libraryTeraflops");
        return Double.isNaN(library) ? own : Math.max(own, library);
    }

    /** A prompt and the answer after it as llama.cpp does them, and how often as fast Outrider is; its context is the nearest measured. */
    private String beside(String model, JsonNode peer) {
        int prompt = peer.path("prefill").asInt();
        if (peer.has("error")) {
            return line("llama.cpp %s Q8_0: prompt of %d tokens: %s", model, prompt, peer.path("error").asText());
        }
        double prefill = Double.NaN;
        double step = Double.NaN;
        int context = 0;
        for (JsonNode speed : document.path("speed")) {
            if (!speed.path("model").asText().equals(model) || !speed.path("format").asText().equals("Q8_0")) {
                continue;
            }
            for (JsonNode row : speed.path("prefill")) {
                prefill = row.path("tokens").asInt() == prompt ? number(row, "tokensPerSecond") : prefill;
            }
            for (JsonNode row : speed.path("decode")) {
                int at = row.path("context").asInt();
                if (row.path("batch").asInt() == 1
                        && (Double.isNaN(step) || Math.abs(at - prompt) < Math.abs(context - prompt))) {
                    context = at;
                    step = number(row, "msPerStep");
                }
            }
        }
        double peerPrefill = number(peer, "prefill_tok_s");
        double peerStep = number(peer, "token_ms_median");
        return line(
                "llama.cpp %s Q8_0: prompt of %d tokens %.0f tokens/s (Outrider %.2f times that), then %.3f ms a token (Outrider, context %d: %.2f"
                        + " times as fast)",
                model,
                prompt,
                peerPrefill,
                prefill / peerPrefill,
                peerStep,
                context,
                peerStep / step);
    }

    private static double number(JsonNode node, String name) {
        return node.path(name).asDouble(Double.NaN);
    }

    private static String line(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
