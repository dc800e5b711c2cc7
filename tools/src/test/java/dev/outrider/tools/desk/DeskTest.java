package dev.outrider.tools.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.tools.ToolOutcome;

class DeskTest {

    private static final String REFUND = "{\"order_id\":\"ORD-48213\",\"amount\":0.01,\"reason\":\"late\"}";

    @TempDir
    Path folder;

    @Test
    void theSameShopOpensEveryTimeAndEverywhere() {
        Path file = folder.resolve("new/folder/shop.db");
        String digest;
        try (Desk desk = Desk.open(file)) {
            digest = desk.digest();
        }
        try (Desk again = Desk.open(file);
                Desk memory = Desk.inMemory()) {
            assertThat(again.digest()).isEqualTo(digest);
            assertThat(memory.digest()).isEqualTo(digest);
        }
    }

    @Test
    void hasAsManyOfEverythingAsItSays() {
        try (Desk desk = Desk.inMemory()) {
            assertThat(count(desk, "customer")).isEqualTo(60);
            assertThat(count(desk, "shop_order")).isEqualTo(200);
            assertThat(count(desk, "product")).isEqualTo(40);
            assertThat(count(desk, "stock")).isEqualTo(120);
            assertThat(count(desk, "ticket")).isEqualTo(40);
            assertThat(count(desk, "help_article")).isEqualTo(30);
            assertThat(count(desk, "shop_order WHERE total_cents <> (SELECT sum(quantity * unit_cents) FROM order_item"
                            + " WHERE order_id = shop_order.id)"))
                    .isZero();
        }
    }

    @Test
    void writesShowInTheDigestAndResetUndoesThem() {
        try (Desk desk = Desk.open(folder.resolve("shop.db"))) {
            String fresh = desk.digest();
            assertThat(refund(desk).succeeded()).isTrue();
            assertThat(desk.digest()).isNotEqualTo(fresh);
            desk.reset();
            assertThat(desk.digest()).isEqualTo(fresh);
        }
    }

    @Test
    void theSameCallsAtAnotherTimeGiveTheSameStateUnlessTheClockSaysOtherwise() {
        try (Desk one = Desk.inMemory();
                Desk two = Desk.inMemory();
                Desk later = Desk.open(
                        folder.resolve("later.db"), InstantSource.fixed(Instant.parse("2026-04-01T00:00:00Z")))) {
            refund(one);
            refund(two);
            refund(later);
            assertThat(one.digest()).isEqualTo(two.digest()).isNotEqualTo(later.digest());
        }
    }

    @Test
    void twoDesksOnOneFileSeeEachOthersWrites() {
        Path file = folder.resolve("shop.db");
        try (Desk one = Desk.open(file);
                Desk two = Desk.open(file)) {
            refund(one);
            assertThat(refund(two).text()).contains("\"refundable\":59.78");
            assertThat(one.digest()).isEqualTo(two.digest());
        }
    }

    @Test
    void manyThreadsRefundNoMoreThanTheTotal() throws Exception {
        try (Desk desk = Desk.open(folder.resolve("shop.db"));
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<ToolOutcome>> refunds = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                refunds.add(threads.submit(() -> call(
                        desk, "refund_order", "{\"order_id\":\"ORD-48213\",\"amount\":5.98,\"reason\":\"late\"}")));
            }
            int paid = 0;
            for (Future<ToolOutcome> refund : refunds) {
                paid += refund.get().text().contains("refunded\":") ? 1 : 0;
            }
            assertThat(paid).isEqualTo(10);
            assertThat(count(desk, "refund WHERE order_id = 'ORD-48213'")).isEqualTo(10);
        }
    }

    @Test
    void anInterruptedSeedingLeavesAFileThatOpensAsNew() {
        Path file = folder.resolve("shop.db");
        try (DeskDatabase database = DeskDatabase.open(file)) {
            assertThatThrownBy(() -> database.write(session -> {
                        DeskSeed.create(session);
                        throw new IllegalStateException("power cut");
                    }))
                    .hasMessage("power cut");
        }
        try (Desk desk = Desk.open(file);
                Desk memory = Desk.inMemory()) {
            assertThat(desk.digest()).isEqualTo(memory.digest());
        }
    }

    @Test
    void filesOfOthersAreRefusedAndLeftAlone() throws IOException, SQLException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "not a database, ".repeat(100));
        byte[] before = Files.readAllBytes(text);
        assertThatThrownBy(() -> Desk.open(text))
                .isInstanceOf(DeskException.class)
                .hasMessageContaining("notes.txt: the file is no SQLite database; choose another file");
        assertThat(Files.readAllBytes(text)).isEqualTo(before);

        Path other = folder.resolve("other.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE mine (x)");
        }
        assertThatThrownBy(() -> Desk.open(other))
                .isInstanceOf(DeskException.class)
                .hasMessageContaining("the file belongs to another program");

        Path newer = folder.resolve("newer.db");
        Desk.open(newer).close();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + newer);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = 99");
        }
        assertThatThrownBy(() -> Desk.open(newer))
                .isInstanceOf(DeskException.class)
                .hasMessageContaining("it has layout 99, this Outrider knows layout 1; delete it");

        assertThatThrownBy(() -> Desk.open(folder))
                .isInstanceOf(DeskException.class)
                .hasMessageContaining("cannot be opened or created");
        assertThatThrownBy(() -> Desk.open(text.resolve("shop.db")))
                .isInstanceOf(DeskException.class)
                .hasMessageContaining("its folder cannot be made");
    }

    @Test
    void aFullDiskIsOneLineAndChangesNothing() {
        try (Desk desk = Desk.open(folder.resolve("shop.db"))) {
            String before = desk.digest();
            pragma(desk, "PRAGMA max_page_count = 1"); // SQLite takes this as: not a page more than there are
            String subject = "{\"customer_id\":\"C-3071\",\"subject\":\"" + "full disk ".repeat(9) + "\"}";
            ToolOutcome outcome = call(desk, "create_ticket", subject);
            int made = 0;
            while (outcome.succeeded() && made++ < 500) {
                before = desk.digest();
                outcome = call(desk, "create_ticket", subject);
            }
            assertThat(outcome.succeeded()).isFalse();
            assertThat(outcome.text())
                    .startsWith("{\"error\":\"create_ticket failed: desk database ")
                    .contains("the disk is full; free some space and try again, nothing was changed")
                    .doesNotContain("\n");
            assertThat(desk.digest()).isEqualTo(before);
            pragma(desk, "PRAGMA max_page_count = 100000");
            assertThat(call(desk, "create_ticket", subject).succeeded()).isTrue();
        }
    }

    @Test
    void aReadOnlyDatabaseStillAnswersReads() {
        try (Desk desk = Desk.open(folder.resolve("shop.db"))) {
            pragma(desk, "PRAGMA query_only = ON");
            assertThat(refund(desk).text())
                    .startsWith("{\"error\":\"refund_order failed: desk database ")
                    .contains("read-only");
            assertThat(call(desk, "get_order", "{\"order_id\":\"ORD-48213\"}").succeeded()).isTrue();
        }
    }

    @Test
    void aClosedDeskSaysSo() {
        Desk desk = Desk.inMemory();
        desk.close();
        assertThat(refund(desk).text()).contains("it is closed");
    }

    private static void pragma(Desk desk, String sql) {
        desk.database().read(session -> {
            session.execute(sql);
            return true;
        });
    }

    private static int count(Desk desk, String from) {
        return desk.database()
                .read(session -> session.one(row -> row.getInt(1), "SELECT count(*) FROM " + from))
                .orElseThrow();
    }

    private static ToolOutcome refund(Desk desk) {
        return call(desk, "refund_order", REFUND);
    }

    private static ToolOutcome call(Desk desk, String tool, String arguments) {
        return desk.catalogue()
                .execute(ToolExecutionRequest.builder().name(tool).arguments(arguments).build());
    }
}
