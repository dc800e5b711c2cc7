package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecord.Audit;
import dev.outrider.router.ledger.DecisionRecord.Evidence;
import dev.outrider.router.ledger.FileLedger;
import dev.outrider.router.ledger.LedgerSettings;

/** {@code outrider replay} as a build server runs it. */
final class ReplayCommandTest {

    @TempDir
    private Path temp;

    @BeforeEach
    void policies() throws Exception {
        for (String[] p : new String[][] {{"strict", "0.9"}, {"loose", "0.5"}}) {
            Files.writeString(temp.resolve(p[0] + ".yaml"), """
                    version: %s
                    models:
                      local: {usd-per-hour: 0.10}
                      remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                    workloads:
                      - {name: all, uncalibrated: threshold, min-probability: %s}
                    """.formatted(p[0], p[1]));
        }
    }

    /** Of ten queries six were sure and taken, every one audited and right; of the four others, which the LLM answered, two. */
    private void ledger(String name) {
        try (FileLedger ledger = FileLedger.open(temp.resolve(name), new LedgerSettings(false, true), Map.of())) {
            for (int i = 0; i < 400; i++) {
                boolean sure = i % 10 < 6;
                boolean right = sure || i % 10 < 8;
                var record = DecisionRecord.builder()
                        .id("q" + i)
                        .at(Instant.EPOCH)
                        .workload("all")
                        .local(new DecisionRecord.Local(
                                "slm", null, new Answer("yes", List.of()),
                                new Evidence(sure ? 0.95 : 0.6, 0.5, -0.1, -0.4, 1.0, null, 8, 3, 0, 0.1, 0.1), null, 100, 5, 0.1))
                        .policy("strict");
                if (sure) {
                    record.decision(new Decision.Accept(0.95)).audit(new Audit(1, true, true));
                } else {
                    var unsure = new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "unsure");
                    record.decision(unsure).escalation(unsure).remote(new DecisionRecord.Remote(
                            "big", new Answer(right ? "yes" : "no", List.of()), null, 1, 1, null, 1000, 100, false, 100, 0, 0.5));
                }
                ledger.append(record.build());
            }
        }
    }

    @Test
    void theGatesSetTheExitCode() throws Exception {
        ledger("week.jsonl");
        ledger("week.db");
        Cli cli = new Cli(temp);
        Cli.Result loose = cli.run(
                "replay", "--ledger", "week.db", "--policy", "loose.yaml", "--min-replaced", "0.4", "--max-wrong", "0.1", "--junit", "r.xml");
        assertThat(loose.code()).as(loose.err()).isEqualTo(1);
        assertThat(loose.out()).contains("400 records; 400 decided again", "PASSED min-replaced", "FAILED max-wrong", "replaced           80.0 %");
        assertThat(Files.readString(temp.resolve("r.xml"))).contains("tests=\"3\" failures=\"1\"");

        Cli.Result strict = cli.run("replay", "--ledger", "week.jsonl", "--policy", "strict.yaml", "--max-wrong", "0.1", "--json");
        assertThat(strict.code()).as(strict.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(strict.out());
        assertThat(json.get("replaced").asDouble()).isEqualTo(0.6);
        assertThat(json.get("now").get("escalated").get("LOW_CONFIDENCE").asInt()).isEqualTo(160);
        assertThat(json.get("moved")).isEmpty();
    }

    @Test
    void badInputIsToldInOneLine() throws Exception {
        Cli cli = new Cli(temp);
        assertThat(cli.run("replay", "--ledger", "none.jsonl").failedInOneLine(2)).contains("none.jsonl", "does not exist");
        Files.writeString(temp.resolve("broken.jsonl"), "{\"kind\":\"decision\"\n");
        assertThat(cli.run("replay", "--ledger", "broken.jsonl").failedInOneLine(2)).contains("broken.jsonl", "line 1 is no ledger record");
        ledger("week.jsonl");
        assertThat(cli.run("replay", "--ledger", "week.jsonl", "--min-replaced", "40").failedInOneLine(2))
                .contains("--min-replaced must be a share from 0 to 1 but is 40.0");
    }
}
