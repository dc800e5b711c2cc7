package dev.outrider.slm.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;
import dev.outrider.slm.tokenizer.TokenizerSpec;

class ChatFormatsTest {

    private static final GgufMetadata NOTHING = GgufMetadata.of("m.gguf", Map.of());
    private final Tokenizer chatMl = TestVocabulary.tokenizer("qwen2");

    @Test
    void theFileNamesItsFormat() {
        assertThat(ChatFormats.of(GgufMetadata.of("m.gguf", Map.of("outrider.chat_format", "outrider-1")), TestVocabulary.outrider())
                        .name())
                .isEqualTo("outrider-1");
        assertThatThrownBy(() -> ChatFormats.of(GgufMetadata.of("m.gguf", Map.of("outrider.chat_format", "outrider-9")), chatMl))
                .isInstanceOf(ChatFormatException.class)
                .hasMessage("m.gguf: outrider.chat_format is 'outrider-9', which is not known; known are outrider-1, chatml,"
                        + " chatml-tools, smollm2, nemotron-nano-2, nemotron-3");
    }

    @Test
    void aVocabularyWithTurnMarkersIsPlainChatMl() {
        ChatFormat format = ChatFormats.of(NOTHING, chatMl);
        assertThat(format.name()).isEqualTo("chatml");
        assertThat(format.supportsTools()).isFalse();
        assertThat(format.stopTokens()).containsExactly(4);
        assertThat(chatMl.written(
                        format.prompt(
                                        List.of(
                                                SystemMessage.from("S"),
                                                UserMessage.from("U"),
                                                AiMessage.from("A"),
                                                UserMessage.from("V")),
                                        List.of())
                                .tokens()))
                .isEqualTo("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
                        + "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n");
        assertThat(format.parse(chatMl.encodeWithSpecialTokens("Hello.<|im_end|>")).reply()).isEqualTo(new Reply.Text("Hello."));
    }

    @Test
    void thePlacesWhereOtherConversationsMayGoOnAreMarked() {
        ChatFormat format = ChatFormats.of(NOTHING, chatMl);
        Prompt prompt = format.prompt(List.of(SystemMessage.from("S"), UserMessage.from("U")), List.of());
        assertThat(chatMl.written(Arrays.copyOf(prompt.tokens(), prompt.boundaries().preamble())))
                .isEqualTo("<|im_start|>system\nS<|im_end|>\n");
        assertThat(chatMl.written(Arrays.copyOf(prompt.tokens(), prompt.boundaries().turn())))
                .isEqualTo("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n");
        assertThat(format.prompt(List.of(UserMessage.from("U")), List.of()).boundaries().preamble()).isZero();
    }

    @Test
    void plainChatMlRefusesTools() {
        ChatFormat format = ChatFormats.of(NOTHING, chatMl);
        ToolSpecification tool = ToolSpecification.builder().name("t").build();
        assertThatThrownBy(() -> format.prompt(List.of(UserMessage.from("x")), List.of(tool)))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("chatml has no tool calls");
        AiMessage call = AiMessage.from(
                ToolExecutionRequest.builder().name("t").arguments("{}").build());
        assertThatThrownBy(() -> format.prompt(List.of(UserMessage.from("x"), call), List.of()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("no place for messages of type ai");
    }

    @Test
    void aModelWithoutAnyFormatIsRefusedInOneLine() {
        Tokenizer bare = Tokenizer.of(new TokenizerSpec("gpt2", "gpt2", List.of("a"), null, List.of(), null, null, null));
        assertThatThrownBy(() -> ChatFormats.of(NOTHING, bare))
                .isInstanceOf(ChatFormatException.class)
                .hasMessageStartingWith("m.gguf: no prompt format is known")
                .hasMessageContaining("outrider.chat_format")
                .hasMessageNotContaining("\n");
    }
}
