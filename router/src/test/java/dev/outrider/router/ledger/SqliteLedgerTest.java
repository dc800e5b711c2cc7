package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;

class SqliteLedgerTest extends LedgerContract.OfFiles {

    @Override
    Path file() {
        return folder.resolve("deep/ledger.db");
    }

    @Override
    Ledger open() {
        return SqliteLedger.open(file());
    }

    @Override
    List<LedgerEntry> entries(Ledger ledger) {
        try (Stream<LedgerEntry> entries = LedgerReader.of(file()).entries()) {
            return entries.toList();
        }
    }

    @Override
    void close(Ledger ledger) {
        ((SqliteLedger) ledger).close();
    }

    @Test
    void the_view_of_decisions_answers_sql() throws SQLException {
        try (SqliteLedger ledger = SqliteLedger.open(file(), new LedgerSettings(true, true), null)) {
            for (int i = 0; i < 3; i++) {
                ledger.announce(new EgressNotice("q" + i, Instant.EPOCH, 5));
                ledger.append(DecisionRecord.builder()
                        .id("q" + i)
                        .at(Instant.EPOCH)
                        .workload("desk")
                        .decision(i == 0 ? new Decision.Accept(0.9)
                                : new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "unsure"))
                        .cost(new DecisionRecord.Cost(1, 1, 100 * i))
                        .policy("v1")
                        .build());
            }
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                ResultSet rows = connection.createStatement().executeQuery(
                        "SELECT decision, reason, count(*), sum(remote_micro_usd) FROM decisions GROUP BY 1 ORDER BY 1")) {
            assertThat(rows.next()).isTrue();
            assertThat(List.of(rows.getString(1), rows.getInt(3), rows.getLong(4))).containsExactly("accept", 1, 0L);
            assertThat(rows.next()).isTrue();
            assertThat(List.of(rows.getString(1), rows.getString(2), rows.getInt(3), rows.getLong(4)))
                    .containsExactly("escalate", "LOW_CONFIDENCE", 2, 300L);
        }
    }

    @Test
    void a_path_that_cannot_be_written_and_a_file_that_is_no_ledger_are_told() throws IOException {
        Path text = folder.resolve("text.db");
        Files.writeString(text, "no database at all, but long enough to be taken for one".repeat(100));
        for (Path bad : List.of(folder, text, text.resolve("ledger.db"))) {
            assertThatThrownBy(() -> SqliteLedger.open(bad))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining(bad.toString())
                    .message()
                    .doesNotContain("\n");
        }
        assertThat(text).as("is left as it was").content().startsWith("no database");
    }

    @Test
    void a_database_that_is_no_ledger_is_told_when_it_is_read() throws SQLException {
        Path other = folder.resolve("other.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other)) {
            connection.createStatement().execute("CREATE TABLE songs (title)");
        }
        assertThatThrownBy(() -> LedgerReader.of(other).entries())
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("other.db");
    }
}
