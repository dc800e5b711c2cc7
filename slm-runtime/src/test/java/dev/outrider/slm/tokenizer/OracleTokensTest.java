package dev.outrider.slm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;
import dev.outrider.slm.Oracle;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.LlamaFile;

/** A model file's tokenizer against llama.cpp itself, where the oracle kit is at hand. */
class OracleTokensTest {

    /** Assigned in Unicode 16, which Java 25 knows and llama.cpp of this version does not. */
    private static final List<Integer> NEW_LETTERS = List.of(0x0897, 0x1C89, 0x1C8A, 0x1B4E, 0x1B4F, 0x1B7F, 0x2427, 0x2428, 0x2429);

    private static final String[] CODE = {
        "for (int i = 0; i < 10; i++) {\n    a[i] += 3.14e-2;\n}\n", "def f(x):\n\treturn x ** 2  # square\n", "SELECT * FROM t WHERE id='42';",
        "{\"k\": [1, 22, 333, 4444, 55555]}", "https://example.org/a?b=c&d=%20e", "$x->y()::Z\\n\\t", "<p class=\"x\">é</p>\r\n\r\n", "0x1F 1_000 1,000.00",
        "don't I'LL we've ’s", "   \n\n\t  \n x", "…—“”", "a\u0301\u200D\uFE0F"
    };

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @TempDir
    Path directory;

    @BeforeAll
    static void needsTheOracle() {
        Oracle.needed();
    }

    @Test
    void aFileIsTokenizedAsLlamaCppDoes() throws Exception {
        compare(Golden.copy("f32-2.gguf", directory), texts(2000), "</s>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe", "pixtral", "qwen2", "default"})
    @Tag("long")
    void fiveThousandTextsAreTokenizedAsLlamaCppDoesWithEverySplit(String split) throws Exception {
        LlamaFile file = LlamaFile.smol(random);
        Map<String, Object> metadata = file.metadata();
        metadata.put("tokenizer.ggml.pre", split);
        compare(file.write(directory.resolve("words.gguf"), metadata), texts(5000), "</s>");
    }

    @Test
    @Tag("long")
    void fiveThousandTextsAreTokenizedAsLlamaCppDoesWithTheVocabularyOfSmolLm2() throws Exception {
        String model = System.getProperty("outrider.smollm2", System.getenv("SMOLLM2_GGUF"));
        assumeTrue(model != null && Files.exists(Path.of(model)), "needs SmolLM2, see docs/models.md, in -Doutrider.smollm2 or SMOLLM2_GGUF");
        compare(Path.of(model), texts(5000), "<|endoftext|>");
    }

    /** Unicode, digits, code, white space, and markers in letters. */
    private List<String> texts(int count) {
        List<String> texts = new ArrayList<>();
        for (JsonNode one : TestVocabulary.resource("cases.json").get("cases")) {
            texts.add(one.get("text").textValue());
        }
        texts.addAll(List.of(CODE));
        texts.addAll(List.of("<|im_start|>user\nx<|im_end|>", "<think>a</think>", "</s", "<|im_end|>"));
        while (texts.size() < count) {
            texts.add(switch (random.nextInt(4)) {
                case 0 -> letters();
                case 1 -> CODE[random.nextInt(CODE.length)] + RandomText.atoms(random, 5) + CODE[random.nextInt(CODE.length)];
                case 2 -> String.valueOf(random.nextLong()) + " " + random.nextDouble();
                default -> RandomText.atoms(random, 20);
            });
        }
        return texts;
    }

    private String letters() {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(20); n >= 0; n--) {
            int c = switch (random.nextInt(5)) {
                case 0 -> 1 + random.nextInt(0x2FFF);
                case 1 -> 0x3041 + random.nextInt(0x80);
                case 2 -> 0x4E00 + random.nextInt(0x5000);
                case 3 -> 0x1F300 + random.nextInt(0x200);
                default -> ' ' + random.nextInt(95);
            };
            text.appendCodePoint(NEW_LETTERS.contains(c) ? 'x' : c);
        }
        return text.toString();
    }

    private void compare(Path model, List<String> texts, String separator) throws Exception {
        int[] expected = Oracle.tokens(model, String.join(separator, texts), directory);
        try (Gguf gguf = Gguf.open(model)) {
            Tokenizer tokenizer = Tokenizer.of(gguf.metadata());
            List<Integer> all = new ArrayList<>();
            for (int n = 0; n < texts.size(); n++) {
                String text = texts.get(n);
                if (n > 0) {
                    all.add(tokenizer.special(separator).orElseThrow());
                }
                int from = all.size();
                for (int id : tokenizer.encodeWithSpecialTokens(text)) {
                    all.add(id);
                }
                for (int i = from; i < all.size(); i++) {
                    assertThat(i < expected.length ? expected[i] : -1)
                            .as("seed %d, token %d of '%s'", seed, i - from, text)
                            .isEqualTo(all.get(i));
                }
            }
            assertThat(all).hasSize(expected.length);
        }
    }
}
