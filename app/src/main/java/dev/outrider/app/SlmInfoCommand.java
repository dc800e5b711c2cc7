package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.app.terminal.Terminal;
import dev.outrider.slm.Device;
import dev.outrider.slm.ModelInfo;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.cuda.GpuInfo;
import dev.outrider.slm.cuda.Gpus;

/** {@code outrider slm info}. */
@Command(
        name = "info",
        description = "Show what a model is, and where it runs.",
        footer = {
            "",
            "Examples:",
            "  outrider slm info --model my-model.gguf --json",
            "  outrider slm info --devices"
        })
final class SlmInfoCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Option(names = "--devices", description = "Show the GPUs instead, and which of them can be used.")
    private boolean devices;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    SlmInfoCommand(Context context) {
        this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
        if (devices) {
            showDevices();
            return ExitCode.OK;
        }
        try (SlmEngine engine = model.load()) {
            ModelInfo info = engine.info();
            if (json) {
                terminal.println(Json.text(json(info).put("device", engine.device().explain())));
            } else {
                print(info);
                line("device", engine.device().explain());
            }
        }
        return ExitCode.OK;
    }

    private void showDevices() {
        Gpus.Found found = Gpus.find();
        String chosen = Device.auto().explain();
        if (json) {
            ObjectNode node = Json.object().put("auto", chosen).put("problem", found.problem());
            ArrayNode list = node.putArray("gpus");
            for (Gpus.Gpu gpu : found.gpus()) {
                GpuInfo info = gpu.info();
                list.addObject()
                        .put("device", "cuda:" + info.ordinal())
                        .put("name", info.name())
                        .put("capability", info.capability())
                        .put("cuda", info.cuda())
                        .put("totalBytes", info.totalBytes())
                        .put("problem", gpu.problem());
            }
            terminal.println(Json.text(node));
            return;
        }
        for (Gpus.Gpu gpu : found.gpus()) {
            GpuInfo info = gpu.info();
            line("cuda:" + info.ordinal(), info.name() + ", " + Units.bytes(info.totalBytes()) + ", compute capability "
                    + info.capability() + ", driver for CUDA " + info.cuda() + ": "
                    + (gpu.problem() == null ? "can be used" : gpu.problem()));
        }
        if (found.problem() != null) {
            line("GPUs", "none: " + found.problem());
        }
        line("auto", chosen);
    }

    private static ObjectNode json(ModelInfo info) {
        ObjectNode node = Json.object()
                .put("name", info.name())
                .put("architecture", info.architecture())
                .put("parameters", info.parameters())
                .put("fileBytes", info.fileBytes())
                .put("pattern", info.pattern())
                .put("layers", info.layers())
                .put("hidden", info.hidden())
                .put("contextLength", info.contextLength())
                .put("vocabularySize", info.vocabularySize())
                .put("licence", info.licence())
                .put("chatFormat", info.chatFormat())
                .put("path", info.path().toString())
                .put("loadSeconds", info.loadSeconds());
        ObjectNode types = node.putObject("tensorTypes");
        info.tensorTypes().forEach(types::put);
        return node;
    }

    private void print(ModelInfo info) {
        line("name", info.name());
        line("file", info.path() + " (" + Units.bytes(info.fileBytes()) + ")");
        line("architecture", info.architecture() + ", " + Units.count(info.parameters()) + " parameters");
        line("layers", info.layers() + " of width " + info.hidden() + ": " + info.pattern()
                + "  (M Mamba-2, * attention, - MLP)");
        line("context", info.contextLength() + " tokens");
        line("vocabulary", info.vocabularySize() + " tokens");
        line(
                "tensors",
                info.tensorTypes().entrySet().stream()
                        .map(entry -> entry.getValue() + " " + entry.getKey())
                        .collect(Collectors.joining(", ")));
        line("chat format", info.chatFormat() == null ? "none named: text in, text out" : info.chatFormat());
        line("licence", info.licence() == null ? "not named in the file" : info.licence());
        line("loaded in", String.format(Locale.ROOT, "%.3f s", info.loadSeconds()));
    }

    private void line(String name, String value) {
        terminal.println(String.format(Locale.ROOT, "%-13s %s", name, value));
    }
}
