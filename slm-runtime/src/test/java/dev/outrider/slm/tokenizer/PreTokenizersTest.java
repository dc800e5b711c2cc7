package dev.outrider.slm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The hand-written scanners against the regular expressions that they stand for. */
class PreTokenizersTest {

    private static final String S = "[\\p{IsWhite_Space}]";
    private static final String NOT_S = "[^\\p{IsWhite_Space}]";
    private static final String OTHER = "[^\\p{IsWhite_Space}\\p{L}\\p{N}]";
    private static final Pattern GPT2 = Pattern.compile("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?" + OTHER + "+|" + S
            + "+(?!" + NOT_S + ")|" + S + "+");

    private static Pattern llama3(int digits) {
        return Pattern.compile("(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,"
                + digits + "}| ?" + OTHER + "+[\\r\\n]*|" + S + "*[\\r\\n]+|" + S + "+(?!" + NOT_S + ")|" + S + "+");
    }

    @Test
    void theScannerOfGpt2SplitsAsItsExpression() {
        compare("gpt2", List.of(GPT2));
    }

    @Test
    void theScannerOfQwen2SplitsAsItsExpression() {
        compare("qwen2", List.of(llama3(1)));
    }

    @Test
    void theScannerOfLlama3SplitsAsItsExpression() {
        compare("llama-bpe", List.of(llama3(3)));
    }

    @Test
    void theScannerOfSmollmSplitsAsItsExpressions() {
        compare("smollm", List.of(Pattern.compile("\\p{N}"), GPT2));
    }

    @Test
    void theDefaultScannerSplitsAsItsExpressions() {
        compare(
                "default",
                List.of(
                        Pattern.compile("[\\p{P}\\$\\+<=>\\^~\\|]+"),
                        GPT2,
                        Pattern.compile("\\p{N}+"),
                        Pattern.compile("[0-9][0-9][0-9]")));
    }

    @Test
    void anUnknownSplitIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> PreTokenizers.named("klingon"))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("'klingon'")
                .hasMessageContaining("default, gpt-2, gpt2, llama-bpe, llama-v3, llama3, pixtral, qwen2, smollm")
                .hasMessageNotContaining("\n");
    }

    private static void compare(String name, List<Pattern> expressions) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 4000; i++) {
            String text = i % 4 == 0 ? RandomText.codePoints(random, 12) : RandomText.atoms(random, 14);
            List<String> expected = List.of(text);
            for (Pattern expression : expressions) {
                expected = expected.stream()
                        .flatMap(part -> split(part, expression).stream())
                        .toList();
            }
            assertThat(split(text, PreTokenizers.named(name).stages()))
                    .as("%s, seed %d, text %d", name, seed, i)
                    .isEqualTo(expected);
        }
    }

    private static List<String> split(String text, Pattern expression) {
        List<String> parts = new ArrayList<>();
        Matcher matcher = expression.matcher(text);
        int end = 0;
        while (matcher.find()) {
            parts.add(text.substring(end, matcher.start()));
            parts.add(matcher.group());
            end = matcher.end();
        }
        parts.add(text.substring(end));
        parts.removeIf(String::isEmpty);
        return parts;
    }

    private static List<String> split(String text, List<PreTokenizer> stages) {
        CodePoints points = CodePoints.of(text);
        List<int[]> ranges = List.of(new int[] {0, points.length()});
        for (PreTokenizer stage : stages) {
            List<int[]> next = new ArrayList<>();
            for (int[] range : ranges) {
                for (int from = range[0]; from < range[1]; ) {
                    int end = stage.end(points, from, range[1]);
                    next.add(new int[] {from, end});
                    from = end;
                }
            }
            ranges = next;
        }
        return ranges.stream()
                .map(r -> new String(points.bytes(r[0], r[1]), StandardCharsets.UTF_8))
                .toList();
    }
}
