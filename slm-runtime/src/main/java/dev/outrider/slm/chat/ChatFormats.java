package dev.outrider.slm.chat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Finds the prompt format of a model file. */
public final class ChatFormats {

    private static final String KEY = "outrider.chat_format";

    /** Whether a model of the format outrider-1 was taught to think. */
    private static final String THINKS = "outrider.thinking";

    private static final String TEMPLATE = "tokenizer.chat_template";

    private ChatFormats() {}

    /** The system prompt that a template writes where a conversation has none. */
    private static final Pattern DEFAULT_SYSTEM =
            Pattern.compile("<\\|im_start\\|>system(?:\\n|\\\\n)([^'\"{<]+)<\\|im_end\\|>");

    private static final List<String> KNOWN = List.of(
            OutriderFormat.NAME,
            ChatMlTools.NONE.format(),
            ChatMlTools.OBJECTS.format(),
            ChatMlTools.LIST.format(),
            NemotronNano2Format.NAME,
            Nemotron3Format.NAME);

    /**
     * The format that the file names in {@code outrider.chat_format}; else the one that its {@code tokenizer.chat_template} is known to write;
     * else plain ChatML when its vocabulary has the marker {@code <|im_start|>}. Templates are programs; they are recognised and not run.
     *
     * @throws ChatFormatException when the format is unknown, there is none, or the vocabulary lacks its markers
     */
    public static ChatFormat of(GgufMetadata metadata, Tokenizer tokenizer) {
        String template = metadata.findString(TEMPLATE).orElse("");
        String name = metadata.findString(KEY).orElseGet(() -> recognise(template, tokenizer));
        boolean thinks = template.contains("enable_thinking");
        try {
            return switch (name) {
                case OutriderFormat.NAME -> new OutriderFormat(tokenizer, metadata.bool(THINKS, false));
                case NemotronNano2Format.NAME -> new NemotronNano2Format(tokenizer);
                case Nemotron3Format.NAME -> new Nemotron3Format(tokenizer, thinks);
                case "chatml" -> new ChatMlFormat(tokenizer, ChatMlTools.NONE, defaultSystem(template), thinks);
                case "chatml-tools" -> new ChatMlFormat(tokenizer, ChatMlTools.OBJECTS, defaultSystem(template), thinks);
                case "smollm2" -> new ChatMlFormat(tokenizer, ChatMlTools.LIST, defaultSystem(template), thinks);
                case "" -> throw new ChatFormatException(
                        "no prompt format is known for this model: it has neither the key " + KEY + " nor a template that is known nor the token "
                                + Markers.TURN_START + "; use it for logits and plain generation only");
                default -> throw new ChatFormatException(
                        KEY + " is '" + name + "', which is not known; known are " + String.join(", ", KNOWN));
            };
        } catch (ChatFormatException e) {
            throw new ChatFormatException(metadata.file() + ": " + e.getMessage());
        }
    }

    /** The name of the format that a template writes, or nothing. */
    private static String recognise(String template, Tokenizer tokenizer) {
        if (template.contains("<TOOLCALL>") && template.contains(NemotronNano2Format.SYSTEM)) {
            return NemotronNano2Format.NAME;
        }
        if (tokenizer.special(Markers.TURN_START).isEmpty()) {
            return "";
        }
        if (template.contains("<function=") && template.contains("<parameter=")) {
            return Nemotron3Format.NAME;
        }
        if (template.contains("named SmolLM")) {
            return ChatMlTools.LIST.format();
        }
        return (template.contains("<tool_call>") ? ChatMlTools.OBJECTS : ChatMlTools.NONE).format();
    }

    private static String defaultSystem(String template) {
        Matcher matcher = DEFAULT_SYSTEM.matcher(template);
        return matcher.find() ? matcher.group(1) : "";
    }
}
