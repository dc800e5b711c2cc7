package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Terminal;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.tokenizer.Tokenizer;

/** {@code outrider slm tokenize}. */
@Command(
        name = "tokenize",
        description = "Print the token ids of a text, separated by blanks; 'slm logits' reads them.",
        footer = {"", "Example:", "  outrider slm tokenize \"Where is ORD-48213?\" > tokens.txt"})
final class SlmTokenizeCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Parameters(paramLabel = "TEXT", description = "The text; '-' reads standard input.")
    private List<String> words = List.of();

    @Option(names = "--file", paramLabel = "FILE", description = "Read the text from a UTF-8 file.")
    private @Nullable Path file;

    @Option(
            names = "--special",
            description = "Let the written form of a special token (<|im_end|>) become that token. Default: it is plain text.")
    private boolean special;

    @Option(names = "--pieces", description = "Print one token a line: its id and its text.")
    private boolean pieces;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    SlmTokenizeCommand(Context context) {
        this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
        String text = TextInput.read(words, file, "text");
        try (SlmEngine engine = model.load()) {
            Tokenizer tokenizer = Tokenizer.of(engine.metadata());
            int[] tokens = special ? tokenizer.encodeWithSpecialTokens(text) : tokenizer.encode(text);
            if (json) {
                ObjectNode node = Json.object().put("count", tokens.length);
                ArrayNode ids = node.putArray("tokens");
                ArrayNode texts = node.putArray("pieces");
                for (int token : tokens) {
                    ids.add(token);
                    texts.add(tokenizer.text(token));
                }
                terminal.println(Json.text(node));
            } else if (pieces) {
                for (int token : tokens) {
                    terminal.println(token + "\t" + tokenizer.text(token).replace("\n", "\\n"));
                }
            } else {
                terminal.println(Arrays.stream(tokens).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
            }
        }
        return ExitCode.OK;
    }
}
