package dev.outrider.slm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufException;

/** Models that are whole files but no models; made by changing bytes of a golden one. */
class HybridConfigTest {

    @TempDir
    Path directory;

    private final byte[] file = Golden.bytes("f32-1.gguf");

    @Test
    void the_configuration_is_read_from_the_metadata() throws Exception {
        try (Gguf gguf = Gguf.open(write(file))) {
            HybridConfig config = HybridConfig.from(gguf);
            assertThat(config.pattern()).isEqualTo("M*-M");
            assertThat(config.mamba()).isEqualTo(new MambaShape(4, 16, 16, 2, 4));
            assertThat(config.mamba().projected()).isEqualTo(2 * 64 + 2 * 2 * 16 + 4);
            assertThat(config.attention().get(1)).isEqualTo(new AttentionShape(4, 2, 16, 16));
            assertThat(config.feedForward()).containsExactly(0, 0, 64, 0);
            assertThat(config.hidden()).isEqualTo(32);
            assertThat(config.vocabularySize()).isEqualTo(288);
            assertThat(config.contextLength()).isEqualTo(4096);
            assertThat(config.epsilon()).isEqualTo(1e-5f);
        }
    }

    @Test
    void the_rms_epsilon_wins_over_the_other_and_either_is_enough() throws Exception {
        putInt("nemotron_h.attention.layer_norm_epsilon", Float.floatToIntBits(0.5f));
        assertThat(epsilon()).isCloseTo(1e-5f, within(1e-9f));
        replace("nemotron_h.attention.layer_norm_rms_epsilon", "nemotron_h.attention.layer_norm_xxx_epsilon");
        assertThat(epsilon()).isEqualTo(0.5f);
        replace("nemotron_h.attention.layer_norm_epsilon", "nemotron_h.attention.layer_norm_xxxxxxx");
        refusal().withMessageContaining("key 'nemotron_h.attention.layer_norm_epsilon': is missing");
    }

    private float epsilon() throws Exception {
        try (Gguf gguf = Gguf.open(write(file))) {
            return HybridConfig.from(gguf).epsilon();
        }
    }

    @Test
    void an_unknown_architecture_is_refused_with_those_that_are_known() throws Exception {
        replace("nemotron_h", "nemotron_x");
        refusal().withMessageEndingWith(
                "key 'general.architecture': the architecture 'nemotron_x' is not supported (supported: nemotron_h, llama)");
    }

    @Test
    void groups_that_do_not_divide_the_heads_are_refused() throws Exception {
        putInt("nemotron_h.ssm.group_count", 3);
        refusal().withMessageContaining("key 'nemotron_h.ssm.group_count': 3 groups do not divide 4 heads");
    }

    @Test
    void heads_that_do_not_divide_the_width_are_refused() throws Exception {
        putInt("nemotron_h.ssm.time_step_rank", 5);
        refusal().withMessageContaining("64 is no multiple of 5 heads");
    }

    @Test
    void query_heads_that_cannot_share_the_key_heads_are_refused() throws Exception {
        putInt("nemotron_h.attention.head_count", 3);
        refusal().withMessageContaining("3 query heads cannot share 2 key heads in layer 1 evenly");
    }

    @Test
    void a_tensor_of_another_shape_is_refused() throws Exception {
        putInt("nemotron_h.embedding_length", 33);
        refusal().withMessageContaining("tensor 'token_embd.weight': has the dimensions 32 x 288 where the metadata asks for 33 x 288");
    }

    @Test
    void a_missing_tensor_and_one_too_many_are_refused() throws Exception {
        replace("blk.2.ffn_up.weight", "blk.2.ffn_xx.weight");
        refusal().withMessageContaining("tensor 'blk.2.ffn_up.weight': is missing");
        replace("blk.2.ffn_xx.weight", "blk.2.ffn_up.weight");
        // without its own head the model would use the embedding table: in silence, were the head's tensor not refused
        replace("output.weight", "outpux.weight");
        refusal().withMessageContaining("tensor 'outpux.weight': is not part of the architecture nemotron_h");
    }

    @Test
    void sizes_that_no_computer_holds_are_refused() throws Exception {
        putInt("nemotron_h.ssm.state_size", 1 << 23);
        refusal().withMessageContaining("ssm.state_size").withMessageContaining("too large");
    }

    private Path write(byte[] content) throws java.io.IOException {
        return Files.write(directory.resolve("changed.gguf"), content);
    }

    private ThrowableAssertAlternative<GgufException> refusal() throws Exception {
        Path path = write(file);
        return assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> SlmEngine.load(path, 1).close())
                .withMessageStartingWith(path + ": ");
    }

    /** Changes the four-byte value of a key. */
    private void putInt(String key, int value) {
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(find(key) + key.length() + 4, value);
    }

    /** Replaces a text where it first stands as a string of its own. */
    private void replace(String text, String by) {
        System.arraycopy(by.getBytes(StandardCharsets.US_ASCII), 0, file, find(text), by.length());
    }

    private int find(String text) {
        byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 8; at < file.length - wanted.length; at++) {
            if (bytes.getLong(at - 8) == wanted.length
                    && Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        throw new IllegalArgumentException("no '" + text + "' in the file");
    }
}
