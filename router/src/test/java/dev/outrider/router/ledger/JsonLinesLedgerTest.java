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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.Policy;
import dev.outrider.router.RefusalReason;
import dev.outrider.tools.SideEffect;

class JsonLinesLedgerTest {

    @TempDir
    Path folder;

    private static DecisionRecord record(String id, Decision decision) {
        return new DecisionRecord(
                DecisionRecord.SCHEMA,
                id,
                Instant.parse("2026-01-02T12:00:00.123456Z"),
                "session",
                null,
                "desk",
                decision,
                new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "two\nlines and \"quotes\" and \u2028"),
                null,
                SideEffect.WRITE,
                0.9,
                new DecisionRecord.Local(
                        "desk-slm",
                        new Answer("Grüße 🙂", List.of(new Answer.Call("get_order", "{\"order_id\":\"ORD-1\"}"))),
                        new DecisionRecord.Evidence(0.123456789012345, 0.2, 3, 2, 0, 0.15, 0.1),
                        null,
                        40,
                        3,
                        0.26),
                new DecisionRecord.Remote("big-1", null, "went wrong", 1, 2, 1000, 0, true, 5000, 0, 1.5),
                new DecisionRecord.Cost(7, 7, 2500),
                "v1");
    }

    private static List<DecisionRecord> read(Path file) {
        try (Stream<DecisionRecord> records = LedgerReader.of(file).records()) {
            return records.toList();
        }
    }

    @Test
    void what_is_written_is_read_back_as_it_was() {
        Path file = folder.resolve("deep/ledger.jsonl");
        List<DecisionRecord> records = List.of(
                record("1", new Decision.Accept(0.97)),
                record("2", new Decision.Accept(0.1, Decision.Basis.BUDGET_EXHAUSTED)),
                record("3", new Decision.Escalate(EscalationReason.UNKNOWN_TOOL, "no such tool")),
                record("4", new Decision.Refuse(RefusalReason.REMOTE_FAILED, "down")));
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            records.forEach(ledger::append);
        }
        assertThat(read(file)).isEqualTo(records);
    }

    @Test
    void a_record_is_one_line_whatever_it_holds() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file, new Policy.LedgerSettings(true, true))) {
            ledger.append(record("1", new Decision.Accept(0.97)));
        }
        assertThat(Files.readString(file).lines()).hasSize(1);
        assertThat(Files.readString(file)).startsWith("{\"kind\":\"decision\",\"schema\":1,\"id\":\"1\"")
                .endsWith("}\n");
    }

    @Test
    void opening_again_appends() {
        Path file = folder.resolve("ledger.jsonl");
        for (String id : List.of("1", "2")) {
            try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
                ledger.append(record(id, new Decision.Accept(0.97)));
            }
        }
        assertThat(read(file)).extracting(DecisionRecord::id).containsExactly("1", "2");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 20_000})
    void a_torn_last_line_is_put_aside_when_the_ledger_is_opened(int tornLength) throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            ledger.append(record("1", new Decision.Accept(0.97)));
        }
        String torn = "{" + "x".repeat(tornLength - 1);
        Files.writeString(file, torn, StandardOpenOption.APPEND);
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            ledger.append(record("2", new Decision.Accept(0.97)));
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
            assertThatThrownBy(() -> ledger.append(record("1", new Decision.Accept(0.97))))
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
    void a_closed_ledger_takes_nothing() {
        JsonLinesLedger ledger = JsonLinesLedger.open(folder.resolve("ledger.jsonl"));
        ledger.close();
        ledger.close();
        assertThatThrownBy(() -> ledger.append(record("1", new Decision.Accept(0.97))))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void an_interrupted_thread_can_write_and_keeps_its_flag() {
        Path file = folder.resolve("ledger.jsonl");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file, new Policy.LedgerSettings(true, true))) {
            Thread.currentThread().interrupt();
            ledger.append(record("1", new Decision.Accept(0.97)));
            assertThat(Thread.interrupted()).isTrue();
            ledger.append(record("2", new Decision.Accept(0.97)));
        }
        assertThat(read(file)).hasSize(2);
    }

    @Test
    void many_threads_write_whole_lines() {
        Path file = folder.resolve("ledger.jsonl");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file);
                ExecutorService pool = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 400; i++) {
                String id = "q" + i;
                pool.execute(() -> ledger.append(record(id, new Decision.Accept(0.97))));
            }
        }
        assertThat(read(file)).extracting(DecisionRecord::id).hasSize(400).doesNotHaveDuplicates();
    }

    @Test
    void a_line_that_cannot_be_read_is_named_by_its_number() throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        String good = LedgerJson.line(record("1", new Decision.Accept(0.97)));
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
        String line = LedgerJson.line(record("1", new Decision.Accept(0.97)))
                .replaceFirst("\\{", "{\"mood\":\"fine\",");
        Files.writeString(file, line + "\n\n" + line + "\n", StandardCharsets.UTF_8);
        assertThat(read(file)).hasSize(2);
    }

    @Test
    void queries_that_left_and_never_came_back_are_found() {
        Path file = folder.resolve("ledger.jsonl");
        Instant at = Instant.parse("2026-01-02T12:00:00Z");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            ledger.announce(new Egress("1", at, 100));
            ledger.append(record("1", new Decision.Escalate(EscalationReason.RULE, "")));
            ledger.announce(new Egress("2", at, 200));
        }
        assertThat(LedgerReader.of(file).unfinished()).containsExactly(new Egress("2", at, 200));
        assertThat(read(file)).hasSize(1);
    }

    @Test
    void a_ledger_that_does_not_exist_is_told() {
        assertThatThrownBy(() -> read(folder.resolve("none.jsonl")))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("does not exist");
    }
}
