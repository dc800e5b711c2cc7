package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Style;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.slm.GeneratedToken;
import dev.outrider.slm.Generation;
import dev.outrider.slm.GenerationOptions;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.tokenizer.TextDecoder;
import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;
import dev.outrider.tools.desk.Desk;

/** {@code outrider slm generate}. */
@Command(
        name = "generate",
        description = "Let the model continue a text, token by token.",
        footer = {
            "",
            "Examples:",
            "  outrider slm generate --desk \"Where is ORD-48213?\"",
            "  outrider slm generate --raw --model my-model.gguf --max-tokens 50 \"Once upon a time\""
        })
final class SlmGenerateCommand implements Callable<Integer> {

    private final Context context;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Parameters(paramLabel = "PROMPT", description = "The text; '-' reads standard input.")
    private List<String> words = List.of();

    @Option(names = "--file", paramLabel = "FILE", description = "Read the text from a UTF-8 file.")
    private @Nullable Path file;

    @Option(names = "--raw", description = "Continue the text itself. Default: it is a user's turn, in the model's chat format.")
    private boolean raw;

    @Option(names = "--desk", description = "Offer the model the 14 tools of the desk.")
    private boolean desk;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens to write. Default: ${DEFAULT-VALUE}.")
    private int maxTokens = 256;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0 takes the most likely token every time. Default: ${DEFAULT-VALUE}.")
    private double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Draw only from the most likely tokens that sum to P. Default: ${DEFAULT-VALUE}.")
    private double topP = 1;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Draw only from the K most likely tokens. Default: ${DEFAULT-VALUE}, which sets no bound.")
    private int topK;

    @Option(names = "--seed", paramLabel = "S", description = "Seed of the drawing. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--json", description = "Print one JSON object, with the probability of every token.")
    private boolean json;

    SlmGenerateCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (raw && desk) {
            throw CliException.badInput("--desk offers tools in the model's chat format, which --raw leaves out; choose one");
        }
        Terminal terminal = context.terminal();
        String text = TextInput.read(words, file, "prompt");
        try (SlmEngine engine = model.load()) {
            Tokenizer tokenizer = Tokenizer.of(engine.metadata());
            int[] prompt;
            GenerationOptions.Builder options = GenerationOptions.builder()
                    .maxTokens(maxTokens)
                    .temperature(temperature)
                    .topP(topP)
                    .topK(topK)
                    .seed(seed)
                    .cancelled(context.interruption()::raised);
            if (raw) {
                prompt = tokenizer.encode(text);
            } else {
                ChatFormat format = ChatFormats.of(engine.metadata(), tokenizer);
                prompt = format.prompt(List.of(UserMessage.from(text)), desk ? deskTools() : List.of())
                        .tokens();
                options.stopTokens(format.stopTokens());
            }
            TextDecoder decoder = tokenizer.decoder();
            if (!json) {
                options.listener(token -> {
                    terminal.out().print(visible(tokenizer, decoder, token.id()));
                    terminal.out().flush();
                });
            }
            Generation generation = engine.generate(prompt, options.build());
            if (json) {
                terminal.println(Json.text(json(tokenizer, generation)));
            } else {
                terminal.println(decoder.finish());
                summary(terminal, generation);
            }
            return ExitCode.OK;
        }
    }

    private static List<ToolSpecification> deskTools() {
        try (Desk desk = Desk.inMemory()) {
            return desk.catalogue().specifications();
        }
    }

    /** Markers such as {@code <tool_call>} are part of what a person wants to see; the end of the turn is not. */
    private static String visible(Tokenizer tokenizer, TextDecoder decoder, int token) {
        if (tokenizer.eos().orElse(-1) == token) {
            return "";
        }
        return tokenizer.type(token) == TokenType.CONTROL ? tokenizer.text(token) : decoder.accept(token);
    }

    private static void summary(Terminal terminal, Generation generation) {
        if (!terminal.errIsTerminal()) {
            return;
        }
        String line = String.format(
                Locale.ROOT,
                "%d tokens read in %.3f s, %d written in %.3f s, %s",
                generation.promptTokens(),
                generation.prefillSeconds(),
                generation.tokens().size(),
                generation.decodeSeconds(),
                switch (generation.finish()) {
                    case STOP -> "ended by the model";
                    case LENGTH -> "ended by --max-tokens or the context";
                    case CANCELLED -> "interrupted";
                });
        terminal.note(terminal.styled(Style.DIM, line));
    }

    private static ObjectNode json(Tokenizer tokenizer, Generation generation) {
        ObjectNode node = Json.object()
                .put("text", tokenizer.decode(generation.ids()))
                .put("finish", generation.finish().name().toLowerCase(Locale.ROOT))
                .put("promptTokens", generation.promptTokens())
                .put("prefillSeconds", generation.prefillSeconds())
                .put("decodeSeconds", generation.decodeSeconds());
        ArrayNode tokens = node.putArray("tokens");
        for (GeneratedToken token : generation.tokens()) {
            tokens.addObject()
                    .put("id", token.id())
                    .put("text", tokenizer.text(token.id()))
                    .put("probability", Math.exp(token.logProbability()))
                    .put("top2Margin", token.top2Margin());
        }
        return node;
    }
}
