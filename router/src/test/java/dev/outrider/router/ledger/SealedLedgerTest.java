package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.Decision;
import dev.outrider.router.privacy.RecordCipher;

/** With a key set, no ledger keeps a word that can be read. */
class SealedLedgerTest {

    private static final String SECRET = "the customer's secret";
    private static final DecisionRecord RECORD = DecisionRecord.builder()
            .id("q-1")
            .at(Instant.EPOCH)
            .session("session-of-anna")
            .decision(new Decision.Accept(0.9))
            .local(new DecisionRecord.Local("slm", null, new Answer(SECRET, List.of()), null, null, 1, 1, 0.1))
            .policy("v1")
            .build();

    @TempDir
    Path folder;

    private static Map<String, String> key(int seed) {
        byte[] bytes = new byte[32];
        java.util.Arrays.fill(bytes, (byte) seed);
        return Map.of(RecordCipher.KEY, Base64.getEncoder().encodeToString(bytes));
    }

    private static List<LedgerEntry> read(Path file, Map<String, String> env) {
        try (Stream<LedgerEntry> entries =
                LedgerReader.of(file, RecordCipher.fromEnvironment(env).orElse(null)).entries()) {
            return entries.toList();
        }
    }

    private String allBytes() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ledger.jsonl", "ledger.db"})
    void entries_are_sealed_and_open_with_their_key_only(String name) throws IOException {
        Path file = folder.resolve(name);
        EgressNotice notice = new EgressNotice("q-1", Instant.EPOCH, 7);
        try (FileLedger ledger = FileLedger.open(file, LedgerSettings.DEFAULTS, key(1))) {
            ledger.announce(notice);
            ledger.append(RECORD);
            // with the quotes of JSON: sealed text is Base64, in which a short word may stand by chance
            assertThat(allBytes()).contains("q-1").doesNotContain(SECRET, "session-of-anna", "\"slm\"", "\"accept\"", "\"local\"");
        }
        assertThat(read(file, key(1))).containsExactly(notice, RECORD);
        assertThatThrownBy(() -> read(file, Map.of()))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("line 1 is sealed; set OUTRIDER_LEDGER_KEY");
        assertThatThrownBy(() -> read(file, key(2)))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("line 1 cannot be opened")
                .message()
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ledger.jsonl", "ledger.db"})
    void a_ledger_may_go_on_sealed_after_readable_entries(String name) throws IOException {
        Path file = folder.resolve(name);
        try (FileLedger ledger = FileLedger.open(file, LedgerSettings.DEFAULTS, Map.of())) {
            ledger.append(RECORD);
        }
        try (FileLedger ledger = FileLedger.open(file, LedgerSettings.DEFAULTS, key(1))) {
            ledger.append(RECORD);
        }
        assertThat(read(file, key(1))).containsExactly(RECORD, RECORD);
        LedgerSchema schema = LedgerSchema.documented();
        byte[] sealed = LedgerJson.bytes(RECORD, RecordCipher.fromEnvironment(key(1)).orElseThrow());
        assertThat(schema.violations(new String(sealed, StandardCharsets.UTF_8))).isEmpty();
    }
}
