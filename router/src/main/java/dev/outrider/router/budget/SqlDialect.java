package dev.outrider.router.budget;

import java.util.List;

/**
 * Where the two databases differ.
 *
 * @param integer type of a whole number of 64 bits
 * @param tableSuffix what follows the columns of a table
 * @param accountSuffix what follows the columns of the table of accounts
 * @param extras statements that follow the making of the tables
 * @param existsMeta query with one row: the number of tables named outrider_budget_meta that are in use
 * @param expire statement that marks the leases that expired by a time as expired and returns their legs
 */
record SqlDialect(
        String integer,
        String tableSuffix,
        String accountSuffix,
        List<String> extras,
        String existsMeta,
        String expire) {

    /** Strict tables refuse a sum that no longer fits; accounts without row ids take one page instead of two. */
    static final SqlDialect SQLITE = new SqlDialect(
            "INTEGER",
            " STRICT",
            " STRICT, WITHOUT ROWID",
            List.of(),
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'outrider_budget_meta'",
            "UPDATE outrider_budget_lease SET state = 1 WHERE state = 0 AND expires <= ? RETURNING legs");

    /** Room in the pages keeps busy accounts in place; leases that somebody is settling right now do not expire. */
    static final SqlDialect POSTGRES = new SqlDialect(
            "BIGINT",
            "",
            " WITH (fillfactor = 50)",
            List.of("CREATE INDEX outrider_budget_lease_out ON outrider_budget_lease (expires) WHERE state = 0"),
            "SELECT count(to_regclass('outrider_budget_meta'))",
            "UPDATE outrider_budget_lease SET state = 1 WHERE id IN (SELECT id FROM outrider_budget_lease"
                    + " WHERE state = 0 AND expires <= ? ORDER BY id FOR UPDATE SKIP LOCKED) RETURNING legs");
}
