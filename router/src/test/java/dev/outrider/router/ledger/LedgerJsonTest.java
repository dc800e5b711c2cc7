package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision;

class LedgerJsonTest {

    private static final int ENTRIES = 2_000;

    private static String line(LedgerEntry entry) {
        return new String(LedgerJson.bytes(entry), StandardCharsets.UTF_8);
    }

    @Test
    void every_entry_comes_back_as_it_was_and_keeps_to_the_documented_schema() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("LedgerJsonTest seed " + seed);
        RandomRecords random = new RandomRecords(new Random(seed));
        LedgerSchema schema = LedgerSchema.documented();
        for (int i = 0; i < ENTRIES; i++) {
            LedgerEntry entry = random.next();
            String line = line(entry);
            String as = "seed " + seed + ", entry " + i + ": " + line;
            assertThat(line).as(as).doesNotContain("\n", "\r");
            assertThat(LedgerJson.parse(line, null).entry()).as(as).isEqualTo(entry);
            assertThat(schema.violations(entry)).as(as).isEmpty();
        }
    }

    @Test
    void the_documented_schema_refuses_what_is_not_documented() throws IOException {
        LedgerSchema schema = LedgerSchema.documented();
        String line = line(new RandomRecords(new Random(1)).decision());
        assertThat(schema.violations(line)).isEmpty();
        assertThat(schema.violations(line.replaceFirst("\\{", "{\"mood\":\"fine\","))).isNotEmpty();
        assertThat(schema.violations(line.replaceFirst("\"policy\":", "\"polity\":"))).isNotEmpty();
        assertThat(schema.violations(line.replaceFirst("\"schema\":2", "\"schema\":3"))).isNotEmpty();
    }

    @Test
    void a_line_of_version_1_comes_in_the_current_form() throws IOException {
        // as version 1 wrote it
        String line =
                "{\"kind\":\"decision\",\"schema\":1,\"id\":\"q1\",\"at\":\"2026-01-02T12:00:00.123456Z\",\"session\":\"s\","
                        + "\"workload\":\"desk\",\"decision\":{\"is\":\"accept\",\"confidence\":0.97,\"basis\":\"EVIDENCE\"},"
                        + "\"effect\":\"READ\",\"threshold\":0.9,\"local\":{\"model\":\"desk-slm\",\"answer\":{\"text\":\"Hi\","
                        + "\"calls\":[]},\"evidence\":{\"smallestDecisionProbability\":0.97,\"smallestDecisionMargin\":0.9,"
                        + "\"tokens\":3,\"decisionTokens\":2,\"thinkingTokens\":0,\"prefillSeconds\":0.1,\"decodeSeconds\":0.1},"
                        + "\"inputTokens\":40,\"outputTokens\":3,\"seconds\":0.26},\"remote\":{\"model\":\"big-1\",\"calls\":1,"
                        + "\"attempts\":2,\"inputTokens\":10,\"outputTokens\":1,\"estimated\":false,\"leasedMicroUsd\":5,"
                        + "\"overdraftMicroUsd\":0,\"seconds\":1.5},\"cost\":{\"localMicroUsd\":7,\"failedLocalMicroUsd\":0,"
                        + "\"remoteMicroUsd\":0},\"policy\":\"v1\"}";
        LedgerJson.Parsed parsed = LedgerJson.parse(line, null);

        assertThat(parsed.schema()).isEqualTo(1);
        assertThat(parsed.entry()).isInstanceOfSatisfying(DecisionRecord.class, record -> {
            assertThat(record.schema()).isEqualTo(DecisionRecord.SCHEMA);
            assertThat(record.mode()).isEqualTo(DecisionRecord.Mode.ENFORCE);
            assertThat(record.leases()).isEmpty();
            assertThat(record.tenant()).isNull();
            assertThat(record.calibration()).isNull();
            assertThat(record.decision()).isEqualTo(new Decision.Accept(0.97));
            assertThat(record.threshold()).isEqualTo(0.9);
        });
        assertThat(LedgerSchema.documented().violations(parsed.entry())).isEmpty();
    }
}
