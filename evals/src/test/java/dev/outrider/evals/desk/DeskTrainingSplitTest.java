package dev.outrider.evals.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
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
        String searched = anyCase ? desk.toLowerCase(Locale.ROOT) : desk;
        try (Stream<String> lines = Files.lines(LISTS.resolve(list + ".txt"))) {
            assertThat(lines.map(String::strip)
                            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                            .filter(entity -> isTelling(list, entity))
                            .filter(entity -> occurs(anyCase ? entity.toLowerCase(Locale.ROOT) : entity, searched)))
                    .isEmpty();
        }
    }

    /** A subject or topic of a single word ("returns", "holidays") is plain English, not an entity. */
    private static boolean isTelling(String list, String entity) {
        return !(list.equals("subjects") || list.equals("topics")) || entity.contains(" ");
    }

    /** Whether it stands in the text as words of its own. Searched by {@code indexOf}: a pattern for each of 900 entities takes half a minute. */
    private static boolean occurs(String entity, String text) {
        for (int at = text.indexOf(entity); at >= 0; at = text.indexOf(entity, at + 1)) {
            int end = at + entity.length();
            if ((at == 0 || !isWord(text.charAt(at - 1))) && (end == text.length() || !isWord(text.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private static String text(Class<?> owner, String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(owner.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
