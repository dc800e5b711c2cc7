package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.Decision;

class JsonLinesLedgerTest extends LedgerContract.OfFiles {

    private static final RandomRecords RANDOM = new RandomRecords(new Random(7));

    @Override
    Path file() {
        return folder.resolve("deep/ledger.jsonl");
    }

    @Override
    Ledger open() {
        return JsonLinesLedger.open(file());
    }

    @Override
    List<LedgerEntry> entries(Ledger ledger) {
        try (Stream<LedgerEntry> entries = LedgerReader.of(file()).entries()) {
            return entries.toList();
        }
    }

    @Override
    void close(Ledger ledger) {
        ((JsonLinesLedger) ledger).close();
    }

    private static DecisionRecord record(String id) {
        return DecisionRecord.builder()
                .id(id)
                .at(Instant.parse("2026-01-02T12:00:00.123456Z"))
                .decision(new Decision.Accept(0.97))
                .policy("v1")
                .build();
    }

    private static String line(LedgerEntry entry) {
        return new String(LedgerJson.bytes(entry), StandardCharsets.UTF_8);
    }

    private static List<DecisionRecord> read(Path file) {
        try (Stream<DecisionRecord> records = LedgerReader.of(file).records()) {
            return records.toList();
        }
    }

    @Test
    void a_record_is_one_line_whatever_it_holds() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file, new LedgerSettings(true, true))) {
            ledger.append(RANDOM.decision());
        }
        assertThat(Files.readString(file).lines()).hasSize(1);
        assertThat(Files.readString(file)).startsWith("{\"kind\":\"decision\",\"schema\":2,\"id\":\"")
                .endsWith("}\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 20_000})
    void a_torn_last_line_is_put_aside_when_the_ledger_is_opened(int tornLength) throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            ledger.append(record("1"));
        }
        String torn = "{" + "x".repeat(tornLength - 1);
        Files.writeString(file, torn, StandardOpenOption.APPEND);
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            ledger.append(record("2"));
        }
        assertThat(read(file)).extracting(DecisionRecord::id).containsExactly("1", "2");
        assertThat(Files.readString(folder.resolve("ledger.jsonl.torn"))).isEqualTo(torn + "\n");
    }

    @Test
    void a_file_that_is_one_torn_line_is_emptied() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        Files.writeString(file, "{\"kind\":\"dec");
        JsonLinesLedger.open(file).close();
        assertThat(file).isEmptyFile();
    }

    @Test
    void a_full_disk_is_told() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "this system has no /dev/full");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(full)) {
            assertThatThrownBy(() -> ledger.append(record("1")))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("/dev/full")
                    .hasMessageContaining("free disk space")
                    .message()
                    .doesNotContain("\n");
        }
    }

    @Test
    void a_path_that_cannot_be_written_is_told_when_it_is_opened() throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(file, "");
        assertThatThrownBy(() -> JsonLinesLedger.open(file.resolve("ledger.jsonl")))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("ledger.jsonl")
                .hasMessageContaining("choose a path");
        assertThatThrownBy(() -> JsonLinesLedger.open(folder)).isInstanceOf(LedgerException.class);
    }

    @Test
    void a_line_that_cannot_be_read_is_named_by_its_number() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        String good = line(record("1"));
        List<String> bad = List.of("nonsense", "{\"kind\":\"decision\"", "{\"kind\":\"song\"}", "{\"kind\":\"decision\",\"schema\":99}",
                "{\"kind\":\"decision\",\"at\":\"yesterday\"}", "[]");
        for (String line : bad) {
            Files.write(file, List.of(good, good, line, good));
            List<DecisionRecord> seen = new ArrayList<>();
            assertThatThrownBy(() -> {
                        try (Stream<DecisionRecord> records = LedgerReader.of(file).records()) {
                            records.forEach(seen::add);
                        }
                    })
                    .as(line)
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("line 3")
                    .message()
                    .doesNotContain("\n");
            assertThat(seen).hasSize(2);
        }
    }

    @Test
    void fields_of_a_newer_version_are_skipped_and_blank_lines_too() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        String line = line(record("1"))
                .replaceFirst("\\{", "{\"mood\":\"fine\",");
        Files.writeString(file, line + "\n\n" + line + "\n", StandardCharsets.UTF_8);
        assertThat(read(file)).hasSize(2);
    }

    @Test
    void records_of_version_1_are_read_in_the_current_form_and_counted() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        String old = line(record("1"))
                .replace("\"schema\":2", "\"schema\":1")
                .replace("\"mode\":\"ENFORCE\",", "")
                .replace("\"leases\":[],", "");
        assertThat(old).doesNotContain("mode", "leases");
        Files.writeString(file, old + "\n" + line(record("2")) + "\n" + old + "\n");
        LedgerReader reader = LedgerReader.of(file);
        try (Stream<DecisionRecord> records = reader.records()) {
            assertThat(records).containsExactly(record("1"), record("2"), record("1"));
        }
        assertThat(reader.migrated()).isEqualTo(2);
    }

    @Test
    void a_ledger_that_does_not_exist_is_told() {
        assertThatThrownBy(() -> read(folder.resolve("none.jsonl")))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("does not exist");
    }
}
