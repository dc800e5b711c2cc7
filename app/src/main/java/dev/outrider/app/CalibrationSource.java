package dev.outrider.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.audit.LedgerAnswers;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.router.privacy.RecordCipher;

/** What {@code calibrate --from} names: suites, whose gold answers tell right from wrong, or ledgers, whose audits do. */
final class CalibrationSource {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** How every SQLite file begins. */
    private static final String SQLITE = "SQLite format 3";

    private CalibrationSource() {}

    /**
     * Whether these are ledgers.
     *
     * @throws CliException when some are and some are not: their labels mean different things
     */
    static boolean areLedgers(List<String> names) {
        List<String> ledgers = names.stream().filter(CalibrationSource::isLedger).toList();
        if (!ledgers.isEmpty() && ledgers.size() < names.size()) {
            throw CliException.badInput("--from names suites and the ledger " + ledgers.getFirst()
                    + ": gold answers and audits cannot be mixed; calibrate on one kind");
        }
        return !ledgers.isEmpty();
    }

    private static boolean isLedger(String name) {
        Path file = Path.of(name);
        if (name.contains("*") || !Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream bytes = Files.newInputStream(file)) {
            if (new String(bytes.readNBytes(SQLITE.length()), StandardCharsets.ISO_8859_1).equals(SQLITE)) {
                return true;
            }
        } catch (IOException e) {
            throw CliException.badInput("cannot read " + name + " (" + e.getMessage() + "); check --from");
        }
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            String line = reader.readLine();
            JsonNode first = line == null ? JSON.nullNode() : JSON.readTree(line);
            return first.has("kind") && first.has("id");
        } catch (JsonProcessingException | CharacterCodingException e) {
            // what it is instead, the suite's reader says better
            return false;
        } catch (IOException e) {
            throw CliException.badInput("cannot read " + name + " (" + e.getMessage() + "); check --from");
        }
    }

    /**
     * The labelled answers of ledgers.
     *
     * @param labelled thinned to a plain sample
     * @param unlabelled answers that nobody labelled
     */
    record FromLedgers(List<LabelledAnswer> labelled, int unlabelled) {}

    /**
     * Reads ledgers.
     *
     * @param model the SLM that the table is to be about
     * @throws CliException when records are of another one
     */
    static FromLedgers read(List<String> names, CalibrationTable.By by, String model) {
        List<LabelledAnswer> labelled = new ArrayList<>();
        int unlabelled = 0;
        RecordCipher cipher = RecordCipher.fromEnvironment(System.getenv()).orElse(null);
        for (String name : names) {
            Set<String> others = new TreeSet<>();
            LedgerAnswers answers = new LedgerAnswers(by::nameOf, AgreementMatcher.EXACT);
            try (Stream<LedgerEntry> entries = LedgerReader.of(Path.of(name), cipher).entries()) {
                answers.read(entries.peek(entry -> {
                    DecisionRecord.Local local = switch (entry) {
                        case DecisionRecord record -> record.local();
                        case ShadowRecord shadow -> shadow.local();
                        default -> null;
                    };
                    if (local != null && local.evidence() != null && !local.model().equals(model)) {
                        others.add(local.model());
                    }
                }));
            }
            if (!others.isEmpty()) {
                throw CliException.badInput("the ledger " + name + " holds answers of " + String.join(", ", others) + ", not of "
                        + model + "; name the right model with --model, or a ledger of this one");
            }
            labelled.addAll(answers.answers());
            unlabelled += answers.unlabelled();
        }
        return new FromLedgers(labelled, unlabelled);
    }
}
