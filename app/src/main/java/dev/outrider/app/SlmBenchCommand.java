package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.app.terminal.Progress;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.slm.Generation;
import dev.outrider.slm.ModelInfo;
import dev.outrider.slm.SlmEngine;

/** {@code outrider slm bench}. */
@Command(
        name = "bench",
        description = {
            "Measure how fast a model reads a prompt and writes an answer.",
            "Reported are medians over the repetitions; the first ones, in which the JVM compiles the kernels, do not count."
        },
        footer = {
            "",
            "Examples:",
            "  outrider slm bench --threads 2 --prefill 512 --decode 64 --json",
            "  outrider slm bench --sequences 16 --cached-preamble 2000"
        })
final class SlmBenchCommand implements Callable<Integer> {

    private static final int MOST_SEQUENCES = 64;

    /** The position that a later one is compared with. */
    private static final int NEAR = 100;

    private final Context context;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Option(names = "--prefill", paramLabel = "P", description = "Tokens of the prompt. Default: ${DEFAULT-VALUE}.")
    private int prefill = 512;

    @Option(names = "--decode", paramLabel = "D", description = "Tokens to write. Default: ${DEFAULT-VALUE}.")
    private int decode = 64;

    @Option(
            names = "--sequences",
            paramLabel = "N",
            description = "Also measure so many generations at once, at most 64. Default: ${DEFAULT-VALUE}, which measures none.")
    private int sequences = 1;

    @Option(
            names = "--cached-preamble",
            paramLabel = "T",
            description = "Also measure the first token behind a preamble of so many tokens, read anew and kept from before."
                    + " Default: ${DEFAULT-VALUE}, which measures none.")
    private int preamble;

    @Option(
            names = "--position",
            paramLabel = "P",
            description = "Also measure a token behind 100 others and behind so many. Default: ${DEFAULT-VALUE}, which measures none.")
    private int position;

    @Option(names = "--reps", paramLabel = "N", description = "Repetitions that count. Default: ${DEFAULT-VALUE}.")
    private int reps = 5;

    @Option(names = "--warmup", paramLabel = "N", description = "Repetitions before them. Default: ${DEFAULT-VALUE}.")
    private int warmup = 3;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    /** Resident behind the first generation: the model is loaded, one sequence was read and written, and nothing else has run yet. */
    private long resident;

    SlmBenchCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (prefill < 1 || decode < 1 || reps < 1 || warmup < 0) {
            throw CliException.badInput("--prefill, --decode and --reps are at least 1, --warmup is at least 0");
        }
        if (sequences < 1 || sequences > MOST_SEQUENCES || preamble < 0 || position < 0) {
            throw CliException.badInput("--sequences is 1 to " + MOST_SEQUENCES + ", --cached-preamble and --position are at least 0");
        }
        Terminal terminal = context.terminal();
        try (SlmEngine engine = model.load(MOST_SEQUENCES)) {
            ModelInfo info = engine.info();
            int positions = Math.max(Math.max(prefill, position) + decode + 1, EngineBench.positions(preamble));
            if (positions > info.contextLength()) {
                throw CliException.badInput("--prefill " + prefill + ", --decode " + decode + ", --position " + position
                        + " and --cached-preamble " + preamble
                        + " need more than the " + info.contextLength() + " tokens of this model's context");
            }
            EngineBench bench = new EngineBench(engine, context.interruption()::raised);
            Figures figures = new Figures(reps, decode);
            try (Progress progress = new Progress(terminal, "repetitions", warmup + reps, System::nanoTime)) {
                for (int rep = -warmup; rep < reps; rep++) {
                    measure(bench, rep, figures);
                    progress.done(rep + warmup + 1L);
                }
            }
            double[] places = position > 0
                    ? new double[] {bench.tokenAt(NEAR, decode), bench.tokenAt(position, decode)}
                    : new double[0];
            print(terminal, info, figures, places);
        }
        return ExitCode.OK;
    }

    /** What was measured, by repetition; those of the tokens in one row. */
    @SuppressWarnings("ArrayRecordComponent") // filled in place, never compared
    private record Figures(double[] prefill, double[] decode, double[] token, double[] batch, double[] cold, double[] cached) {
        Figures(int reps, int decode) {
            this(new double[reps], new double[reps], new double[reps * decode], new double[reps], new double[reps], new double[reps]);
        }
    }

    /** One repetition; those with a negative number warm up and are not noted. */
    private void measure(EngineBench bench, int rep, Figures figures) {
        int place = Math.max(0, rep);
        Generation generation = bench.solo(prefill, decode);
        if (resident == 0) {
            resident = EngineBench.residentBytes();
        }
        figures.prefill[place] = generation.prefillSeconds();
        figures.decode[place] = generation.decodeSeconds();
        for (int i = 0; i < decode; i++) {
            figures.token[place * decode + i] = generation.tokens().get(i + 1).seconds();
        }
        if (sequences > 1) {
            figures.batch[place] = bench.batch(sequences, decode);
        }
        if (preamble > 0) {
            figures.cold[place] = bench.firstTokenCold(preamble, rep + warmup);
            figures.cached[place] = bench.firstTokenCached(preamble, rep + warmup);
        }
    }

    private void print(Terminal terminal, ModelInfo info, Figures figures, double[] places) {
        double[] tokens = figures.token.clone();
        Arrays.sort(tokens);
        double prefillRate = prefill / EngineBench.median(figures.prefill);
        double decodeRate = decode / EngineBench.median(figures.decode);
        double batchRate = EngineBench.median(figures.batch);
        double cold = EngineBench.median(figures.cold);
        double cached = EngineBench.median(figures.cached);
        if (json) {
            ObjectNode node = Json.object()
                    .put("engine", "outrider")
                    .put("jdk", Runtime.version().toString())
                    .put("model", String.valueOf(info.path().getFileName()))
                    .put("model_bytes", info.fileBytes())
                    .put("load_ms", rounded(info.loadSeconds() * 1e3, 1))
                    .put("resident_bytes", resident)
                    .put("peak_resident_bytes", EngineBench.peakResidentBytes())
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
            if (sequences > 1) {
                node.put("sequences", sequences)
                        .put("batch_decode_tok_s", rounded(batchRate, 1))
                        .put("batch_speedup", rounded(batchRate / decodeRate, 2));
            }
            if (preamble > 0) {
                node.put("preamble", preamble)
                        .put("first_token_cold_ms", rounded(cold * 1e3, 3))
                        .put("first_token_cached_ms", rounded(cached * 1e3, 3))
                        .put("first_token_cached_share", rounded(cached / cold, 4));
            }
            if (position > 0) {
                node.put("position", position)
                        .put("token_ms_at_100", rounded(places[0] * 1e3, 4))
                        .put("token_ms_at_position", rounded(places[1] * 1e3, 4))
                        .put("token_ms_growth", rounded(places[1] / places[0], 3));
            }
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
        if (sequences > 1) {
            terminal.println(String.format(
                    Locale.ROOT, "batch    %6d at once  %9.1f tokens/s, %.2f times one", sequences, batchRate, batchRate / decodeRate));
        }
        if (preamble > 0) {
            terminal.println(String.format(
                    Locale.ROOT,
                    "preamble %6d tokens  first token after %.1f ms read anew, %.2f ms kept (%.1f %%)",
                    preamble,
                    cold * 1e3,
                    cached * 1e3,
                    100 * cached / cold));
        }
        if (position > 0) {
            terminal.println(String.format(
                    Locale.ROOT,
                    "position %6d           %10.3f ms a token, %.3f ms at %d",
                    position,
                    places[1] * 1e3,
                    places[0] * 1e3,
                    NEAR));
        }
        terminal.println(String.format(
                Locale.ROOT,
                "load     %9.1f ms      %10s resident after one generation, %s at most",
                info.loadSeconds() * 1e3,
                Units.bytes(resident),
                Units.bytes(EngineBench.peakResidentBytes())));
        terminal.println(info.name() + ", " + Units.bytes(info.fileBytes()) + ", " + model.threads() + " threads, JDK "
                + Runtime.version() + ", " + reps + " repetitions after " + warmup);
    }

    private static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
