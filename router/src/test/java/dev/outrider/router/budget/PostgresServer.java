package dev.outrider.router.budget;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real PostgreSQL server for the tests of this JVM, started by the first one that asks and ended with the JVM. The
 * server refuses to run as root; as root it is started in a user namespace of its own (unshare), where it is nobody.
 */
final class PostgresServer {

    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    private static @Nullable EmbeddedPostgres server;

    private PostgresServer() {}

    /** JDBC URL of an empty schema; the test is skipped where no server can run. */
    static String newSchema() {
        EmbeddedPostgres running = running();
        String schema = "test_" + SCHEMAS.incrementAndGet();
        try (Connection connection = running.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + schema);
        } catch (SQLException e) {
            throw new AssertionError("no schema in the test's PostgreSQL", e);
        }
        return running.getJdbcUrl("postgres", "postgres") + "&currentSchema=" + schema;
    }

    private static synchronized EmbeddedPostgres running() {
        EmbeddedPostgres running = server;
        if (running == null) {
            boolean root = "root".equals(System.getProperty("user.name"));
            Assumptions.assumeTrue(
                    !root || unshareWorks(),
                    "PostgreSQL refuses to run as root, and `unshare -U` makes no user namespace here:"
                            + " run the tests as another user");
            try {
                running = EmbeddedPostgres.builder().start();
            } catch (IllegalStateException e) {
                String message = String.valueOf(e.getMessage());
                Assumptions.assumeFalse(
                        message.contains("Missing embedded postgres binaries"),
                        "no PostgreSQL server for this machine among the test's dependencies: " + message);
                throw e;
            } catch (IOException e) {
                throw new AssertionError("the test's PostgreSQL does not start", e);
            }
            server = running;
        }
        return running;
    }

    private static boolean unshareWorks() {
        try {
            return new ProcessBuilder("unshare", "-U", "true").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
