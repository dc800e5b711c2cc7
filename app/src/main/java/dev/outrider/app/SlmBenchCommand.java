package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.app.terminal.Progress;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.slm.Generation;
import dev.outrider.slm.GenerationOptions;
import dev.outrider.slm.ModelInfo;
import dev.outrider.slm.SlmEngine;

/** {@code outrider slm bench}. */
@Command(
        name = "bench",
        description = {
            "Measure how fast a model reads a prompt and writes an answer.",
            "Reported are medians over the repetitions; the first ones, in which the JVM compiles the kernels, do not count."
        },
        footer = {"", "Example:", "  outrider slm bench --threads 2 --prefill 512 --decode 64 --json"})
final class SlmBenchCommand implements Callable<Integer> {

    private final Context context;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Option(names = "--prefill", paramLabel = "P", description = "Tokens of the prompt. Default: ${DEFAULT-VALUE}.")
    private int prefill = 512;

    @Option(names = "--decode", paramLabel = "D", description = "Tokens to write. Default: ${DEFAULT-VALUE}.")
    private int decode = 64;

    @Option(names = "--reps", paramLabel = "N", description = "Repetitions that count. Default: ${DEFAULT-VALUE}.")
    private int reps = 5;

    @Option(names = "--warmup", paramLabel = "N", description = "Repetitions before them. Default: ${DEFAULT-VALUE}.")
    private int warmup = 3;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    SlmBenchCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (prefill < 1 || decode < 1 || reps < 1 || warmup < 0) {
            throw CliException.badInput("--prefill, --decode and --reps are at least 1, --warmup is at least 0");
        }
        Terminal terminal = context.terminal();
        try (SlmEngine engine = model.load()) {
            ModelInfo info = engine.info();
            if (prefill + decode + 1 > info.contextLength()) {
                throw CliException.badInput("--prefill " + prefill + " and --decode " + decode + " need more than the "
                        + info.contextLength() + " tokens of this model's context");
            }
            int[] prompt = new int[prefill];
            for (int i = 0; i < prefill; i++) {
                prompt[i] = i * 37 % info.vocabularySize();
            }
            double[] prefillSeconds = new double[reps];
            double[] decodeSeconds = new double[reps];
            double[] tokenSeconds = new double[reps * decode];
            GenerationOptions options = GenerationOptions.builder()
                    .maxTokens(decode + 1)
                    .stopTokens(Set.of())
                    .cancelled(context.interruption()::raised)
                    .build();
            try (Progress progress = new Progress(terminal, "repetitions", warmup + reps, System::nanoTime)) {
                for (int rep = -warmup; rep < reps; rep++) {
                    Generation generation = engine.generate(prompt, options);
                    if (generation.finish() == Generation.Finish.CANCELLED) {
                        throw CliException.failed("interrupted");
                    }
                    if (rep >= 0) {
                        prefillSeconds[rep] = generation.prefillSeconds();
                        decodeSeconds[rep] = generation.decodeSeconds();
                        // the first token comes of the prompt; each later one costs a pass through the model
                        for (int i = 0; i < decode; i++) {
                            tokenSeconds[rep * decode + i] =
                                    generation.tokens().get(i + 1).seconds();
                        }
                    }
                    progress.done(rep + warmup + 1L);
                }
            }
            print(terminal, info, prefillSeconds, decodeSeconds, tokenSeconds);
        }
        return ExitCode.OK;
    }

    private void print(Terminal terminal, ModelInfo info, double[] prefills, double[] decodes, double[] tokens) {
        Arrays.sort(prefills);
        Arrays.sort(decodes);
        Arrays.sort(tokens);
        double prefillRate = prefill / prefills[reps / 2];
        double decodeRate = decode / decodes[reps / 2];
        if (json) {
            ObjectNode node = Json.object()
                    .put("engine", "outrider")
                    .put("jdk", Runtime.version().toString())
                    .put("model", String.valueOf(info.path().getFileName()))
                    .put("model_bytes", info.fileBytes())
                    .put("threads", model.threads())
                    .put("prefill", prefill)
                    .put("prefill_tok_s", rounded(prefillRate, 1))
                    .put("decode", decode)
                    .put("decode_tok_s", rounded(decodeRate, 2))
                    .put("token_ms_median", rounded(tokens[tokens.length / 2] * 1e3, 4))
                    .put("token_ms_min", rounded(tokens[0] * 1e3, 4))
                    .put("token_ms_p10", rounded(tokens[tokens.length / 10] * 1e3, 4))
                    .put("token_ms_p90", rounded(tokens[tokens.length * 9 / 10] * 1e3, 4))
                    .put("reps", reps);
            terminal.println(Json.text(node));
            return;
        }
        terminal.println(String.format(
                Locale.ROOT, "prefill  %6d tokens  %10.1f tokens/s", prefill, prefillRate));
        terminal.println(String.format(
                Locale.ROOT,
                "decode   %6d tokens  %10.1f tokens/s, %.3f ms a token (p10 %.3f, p90 %.3f)",
                decode,
                decodeRate,
                tokens[tokens.length / 2] * 1e3,
                tokens[tokens.length / 10] * 1e3,
                tokens[tokens.length * 9 / 10] * 1e3));
        terminal.println(info.name() + ", " + Units.bytes(info.fileBytes()) + ", " + model.threads() + " threads, JDK "
                + Runtime.version() + ", " + reps + " repetitions after " + warmup);
    }

    private static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
