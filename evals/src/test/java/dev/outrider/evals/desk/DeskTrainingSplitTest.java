package dev.outrider.evals.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.evals.suite.Suite;
import dev.outrider.tools.desk.Desk;

/** Nobody and nothing that the embedded model was trained on turns up in the desk or in its suites. */
class DeskTrainingSplitTest {

    private static final Path LISTS =
            Path.of(System.getProperty("outrider.root", ".."), "slm-runtime", "training", "data");

    @ParameterizedTest
    @CsvSource({
        "cities, false",
        "family_names, false",
        "first_names, false",
        "streets, true",
        "products, true",
        "subjects, true",
        "topics, true"
    })
    void noEntityOfTheTrainingDataIsInTheDeskOrItsSuites(String list, boolean anyCase) throws IOException {
        String desk = text(Suite.class, "/dev/outrider/evals/desk.jsonl")
                + text(Suite.class, "/dev/outrider/evals/desk-calibration.jsonl")
                + text(Desk.class, "customers.tsv")
                + text(Desk.class, "products.tsv")
                + text(Desk.class, "tickets.tsv")
                + text(Desk.class, "help.tsv");
        try (Stream<String> lines = Files.lines(LISTS.resolve(list + ".txt"))) {
            assertThat(lines.map(String::strip)
                            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                            .filter(entity -> isTelling(list, entity))
                            .filter(entity -> occurs(entity, desk, anyCase)))
                    .isEmpty();
        }
    }

    /** A subject or topic of a single word ("returns", "holidays") is plain English, not an entity. */
    private static boolean isTelling(String list, String entity) {
        return !(list.equals("subjects") || list.equals("topics")) || entity.contains(" ");
    }

    private static boolean occurs(String entity, String text, boolean anyCase) {
        int flags = anyCase ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0;
        return Pattern.compile("(?<!\\w)" + Pattern.quote(entity) + "(?!\\w)", flags)
                .matcher(text)
                .find();
    }

    private static String text(Class<?> owner, String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(owner.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
