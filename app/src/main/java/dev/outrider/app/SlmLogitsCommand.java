package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.app.terminal.Progress;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.slm.SlmEngine;

/** {@code outrider slm logits}. */
@Command(
        name = "logits",
        description = "Write the logits of all positions: float32, little-endian, positions x vocabulary, no header.",
        footer = {
            "",
            "Example:",
            "  outrider slm tokenize \"Where is ORD-48213?\" > tokens.txt",
            "  outrider slm logits --tokens tokens.txt --out logits.f32"
        })
final class SlmLogitsCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Option(
            names = "--tokens",
            required = true,
            paramLabel = "FILE",
            description = "Token ids, separated by blanks, commas or line ends.")
    private Path tokenFile = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where the logits go.")
    private Path out = Path.of("");

    @Option(names = "--json", description = "Print one JSON object about what was written.")
    private boolean json;

    SlmLogitsCommand(Context context) {
        this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
        String text = TextInput.read(tokenFile);
        try (SlmEngine engine = model.load()) {
            int vocabulary = engine.info().vocabularySize();
            int[] tokens = TokenFile.parse(tokenFile, text, vocabulary);
            long start = System.nanoTime();
            try (LogitsFile file = LogitsFile.create(out, vocabulary);
                    Progress progress = new Progress(terminal, "positions", tokens.length, System::nanoTime)) {
                engine.logits(tokens, (position, logits) -> {
                    file.write(logits);
                    progress.done(position + 1L);
                });
                file.complete();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            long bytes = (long) tokens.length * vocabulary * Float.BYTES;
            if (json) {
                ObjectNode node = Json.object()
                        .put("positions", tokens.length)
                        .put("vocabulary", vocabulary)
                        .put("bytes", bytes)
                        .put("seconds", seconds)
                        .put("out", out.toString());
                terminal.println(Json.text(node));
            } else {
                terminal.println(out + ": " + tokens.length + " positions x " + vocabulary + " logits, " + Units.bytes(bytes));
            }
        }
        return ExitCode.OK;
    }
}
