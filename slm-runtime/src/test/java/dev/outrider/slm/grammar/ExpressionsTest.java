package dev.outrider.slm.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Ranges of numbers and characters, and patterns, against the plain definition of each. */
class ExpressionsTest {

    private final Tokenizer tokenizer = TestVocabulary.outriderBytes();
    private final GrammarVocabulary vocabulary = new GrammarVocabulary(tokenizer);

    @Test
    void aRangeOfIntegersHoldsItsNumbersAndNoOthers() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            int low = random.nextInt(2400) - 1200;
            int high = low + random.nextInt(i % 3 == 0 ? 12 : 1500);
            Grammar grammar = new Grammar(IntegerRange.between(low, high));
            for (int n = -1300; n <= 2800; n++) {
                assertThat(takes(grammar, Integer.toString(n))).as("seed %d: %d in %d to %d", seed, n, low, high).isEqualTo(n >= low && n <= high);
            }
            assertThat(takes(grammar, "0" + Math.abs(low))).isFalse();
        }
        assertThat(takes(new Grammar(IntegerRange.between(0, 999999999999999999L)), "999999999999999999")).isTrue();
    }

    @Test
    void aRangeOfCharactersHoldsItsCharactersAndNoOthers() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int[] edges = {0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
        for (int i = 0; i < 25; i++) {
            int a = random.nextBoolean() ? edges[random.nextInt(edges.length)] : random.nextInt(0x110000);
            int b = random.nextBoolean() ? edges[random.nextInt(edges.length)] : random.nextInt(0x110000);
            int low = Math.min(a, b);
            int high = Math.max(a, b);
            if (low >= 0xD800 && high <= 0xDFFF) {
                continue;
            }
            Grammar grammar = new Grammar(Utf8.range(low, high));
            for (int c = random.nextInt(37); c <= 0x10FFFF; c += 37) {
                if (c < 0xD800 || c > 0xDFFF) {
                    byte[] bytes = Character.toString(c).getBytes(StandardCharsets.UTF_8);
                    GrammarState state = grammar.start();
                    for (byte one : bytes) {
                        state = state.after(one & 0xFF);
                    }
                    assertThat(state.complete()).as("seed %d: U+%04X in U+%04X to U+%04X", seed, c, low, high).isEqualTo(c >= low && c <= high);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "^ORD-\\d{5}$", "^[A-Z]{3}-\\d{3}$", "a|bc*", "^(foo|ba[rz])+$", "^[^a-y]{2,4}$", "x{0,2}y?z+", "^\\w+\\s\\S$", "^.$", "^[\\-\\]\\\\\"]*$", "", "^é[à-ï]?$",
        "^\\u00e9\\x41$", "^(?:ab|a)(?:c|bcd)$"
    })
    void aPatternMatchesWhatItMatchesElsewhere(String regex) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        // java.util.regex means less by a blank than ECMA-262 does, and more by a line end
        String blanks = "\\s\\u00a0\\ufeff\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
        Pattern pattern = Pattern.compile(regex.replace("$", "\\z")
                .replace("\\s", "[" + blanks + "]")
                .replace("\\S", "[^" + blanks + "]")
                .replace("^.", "^[^\\n\\r\\u2028\\u2029]"));
        Grammar grammar = new Grammar(new PatternParser(regex, "#/pattern").parse());
        String alphabet = "abcdfoxyz rzBAORD-0123456789éàï\"\\]\t";
        Writer writer = new Writer(tokenizer, random);
        for (int i = 0; i < 300; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(10); n > 0; n--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            if (i % 3 == 0) {
                text.replace(0, text.length(), regex.startsWith("^ORD") ? "ORD-1234" + random.nextInt(30) : regex.startsWith("^[A-Z]") ? "AB" + text : text.toString());
            }
            assertThat(takes(grammar, escaped(text.toString()))).as("seed %d: '%s'", seed, text).isEqualTo(pattern.matcher(text).find());
        }
        for (int i = 0; i < 40; i++) {
            GrammarConstraint constraint = vocabulary.constrain(grammar);
            String written = writer.text(constraint, constraint.shortest() + 12, 0.2);
            assertThat(pattern.matcher(unescaped(written)).find()).as("seed %d: '%s'", seed, written).isTrue();
        }
    }

    private boolean takes(Grammar grammar, String text) {
        return Writer.takes(vocabulary.constrain(grammar), tokenizer, text);
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", "\\t");
    }

    private static String unescaped(String json) {
        try {
            return new com.fasterxml.jackson.databind.ObjectMapper().readValue("\"" + json + "\"", String.class);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }
}
