package dev.outrider.router.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordCipherTest {

    private static final String RECORD = "{\"text\":\"Grüße an <NAME_1> 🙂\"}";

    private static String key(long seed) {
        byte[] key = new byte[32];
        new Random(seed).nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    private static RecordCipher cipher(String keys) {
        return RecordCipher.fromEnvironment(Map.of(RecordCipher.KEY, keys)).orElseThrow();
    }

    @Test
    void what_was_sealed_comes_back_and_shows_nothing_meanwhile() {
        RecordCipher cipher = cipher(key(1));
        String sealed = cipher.seal("r1", RECORD);
        assertThat(sealed).doesNotContain("NAME").doesNotContain("\n").matches("outrider1:[0-9a-f]{8}:[A-Za-z0-9+/=]+");
        assertThat(RecordCipher.isSealed(sealed)).isTrue();
        assertThat(RecordCipher.isSealed(RECORD)).isFalse();
        assertThat(cipher.open("r1", sealed)).isEqualTo(RECORD);
    }

    @Test
    void every_sealing_has_a_nonce_of_its_own() {
        RecordCipher cipher = cipher(key(1));
        Set<String> sealed = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            sealed.add(cipher.seal("r1", RECORD));
        }
        assertThat(sealed).hasSize(1_000);
    }

    @Test
    void random_texts_survive() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        RecordCipher cipher = cipher(key(seed));
        for (int i = 0; i < 500; i++) {
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(300), 0, 0x3000).forEach(text::appendCodePoint);
            String id = Long.toString(random.nextLong(), 36);
            assertThat(cipher.open(id, cipher.seal(id, text.toString()))).as("seed %d", seed).isEqualTo(text.toString());
        }
    }

    @Test
    void another_key_is_named_in_one_line() {
        String sealed = cipher(key(1)).seal("r1", RECORD);
        assertThatThrownBy(() -> cipher(key(2)).open("r1", sealed))
                .isInstanceOf(RecordCipherException.class)
                .hasMessageContaining("record r1 was sealed with the key " + sealed.substring(10, 18))
                .hasMessageContaining("OUTRIDER_LEDGER_KEY")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain(key(2)));
    }

    @Test
    void an_old_key_behind_the_new_one_still_opens() {
        String old = cipher(key(1)).seal("r1", RECORD);
        RecordCipher both = cipher(key(2) + ", " + key(1));
        assertThat(both.open("r1", old)).isEqualTo(RECORD);
        assertThat(cipher(key(2)).open("r1", both.seal("r1", RECORD))).as("the first key seals").isEqualTo(RECORD);
    }

    @Test
    void a_record_opens_under_its_own_id_only() {
        RecordCipher cipher = cipher(key(1));
        String sealed = cipher.seal("r1", RECORD);
        assertThatThrownBy(() -> cipher.open("r2", sealed))
                .isInstanceOf(RecordCipherException.class)
                .hasMessageContaining("record r2 is damaged, or was sealed as another record");
    }

    @Test
    void a_changed_or_shortened_record_never_opens() {
        RecordCipher cipher = cipher(key(1));
        String sealed = cipher.seal("r1", RECORD);
        for (int i = 0; i < sealed.length(); i++) {
            // the upper bits of a base64 digit count in every place, also in the last one
            char c = String.valueOf(sealed.charAt(i)).matches("[A-Za-f]") ? '9' : 'A';
            String changed = sealed.substring(0, i) + c + sealed.substring(i + 1);
            String shortened = sealed.substring(0, i);
            for (String damaged : new String[] {changed, shortened}) {
                assertThatThrownBy(() -> cipher.open("r1", damaged))
                        .as(damaged)
                        .isInstanceOf(RecordCipherException.class)
                        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret!", "c2hvcnQ=", ",", "AAAA,BBBB"})
    void what_is_no_key_is_told_in_one_line_and_not_shown(String keys) {
        assertThatThrownBy(() -> cipher(keys))
                .isInstanceOf(RecordCipherException.class)
                .hasMessageContaining("OUTRIDER_LEDGER_KEY")
                .hasMessageContaining("openssl rand -base64 32")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret!").doesNotContain("\n"));
    }

    @Test
    void without_a_key_there_is_no_cipher() {
        assertThat(RecordCipher.fromEnvironment(Map.of())).isEmpty();
        assertThat(RecordCipher.fromEnvironment(Map.of(RecordCipher.KEY, " "))).isEmpty();
    }
}
