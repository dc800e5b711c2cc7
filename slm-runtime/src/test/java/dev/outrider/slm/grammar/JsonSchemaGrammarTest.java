package dev.outrider.slm.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/** What the grammar of a schema lets through is what an independent validator of JSON Schema lets through. */
class JsonSchemaGrammarTest {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private final Tokenizer tokenizer = TestVocabulary.outrider();
    private final GrammarVocabulary vocabulary = new GrammarVocabulary(tokenizer);

    @Test
    void whateverIsWrittenUnderARandomSchemaIsValid() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RandomSchema schemas = new RandomSchema(random);
        Writer writer = new Writer(tokenizer, random);
        for (int i = 0; i < 250; i++) {
            ObjectNode schema = schemas.schema(3);
            Grammar grammar = Grammar.json(schema, Layout.values()[i % 2]);
            Schema validator = REGISTRY.getSchema(schema);
            for (int n = 0; n < 4; n++) {
                GrammarConstraint constraint = vocabulary.constrain(grammar);
                int budget = constraint.shortest() + random.nextInt(120);
                String text = writer.text(constraint, budget, 0.3);
                assertThat(constraint.isComplete()).as("seed %d: %s is whole after %d tokens under %s", seed, text, budget, schema).isTrue();
                assertThat(validator.validate(JSON.readTree(text))).as("seed %d: %s under %s", seed, text, schema).isEmpty();
            }
        }
    }

    @Test
    void whateverIsValidCanBeWritten() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RandomSchema schemas = new RandomSchema(random);
        for (int i = 0; i < 400; i++) {
            ObjectNode schema = schemas.schema(3);
            String text = JSON.writeValueAsString(schemas.value(schema));
            GrammarConstraint constraint = vocabulary.constrain(Grammar.json(schema, Layout.COMPACT));
            assertThat(Writer.takes(constraint, tokenizer, text)).as("seed %d: %s under %s", seed, text, schema).isTrue();
        }
    }

    @Test
    void aMaskIsExactlyTheTokensThatCanGoOn() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RandomSchema schemas = new RandomSchema(random);
        Writer writer = new Writer(tokenizer, random);
        for (int i = 0; i < 20; i++) {
            GrammarConstraint constraint = vocabulary.constrain(Grammar.json(schemas.schema(2), Layout.SPACED));
            writer.write(constraint, constraint.shortest() + random.nextInt(8), 1);
            TokenMask mask = constraint.mask(10_000);
            for (int token = 0; token < tokenizer.vocabularySize(); token++) {
                GrammarConstraint copy = constraint.fork();
                boolean taken = true;
                try {
                    copy.accept(token);
                } catch (IllegalArgumentException e) {
                    taken = false;
                }
                assertThat(mask.allows(token)).as("seed %d, token %s", seed, tokenizer.text(token)).isEqualTo(taken);
            }
        }
    }

    /** A forced token is one that the mask allows, and its bytes are the only ones that could follow. */
    @Test
    void forcedTokensLeaveNoChoice() throws IOException {
        ObjectNode schema = (ObjectNode) JSON.readTree("""
                {"type":"object","properties":{"order_number":{"type":"integer"},"reason":{"enum":["damaged","late"]}},
                 "required":["order_number","reason"],"additionalProperties":false}""");
        JsonSchemaGrammar declared = new JsonSchemaGrammar(Layout.COMPACT, PropertyOrder.DECLARED);
        GrammarConstraint constraint = vocabulary.constrain(new Grammar(declared.expression(schema)));
        StringBuilder text = new StringBuilder();
        for (int token : constraint.forced()) {
            assertThat(constraint.mask(1000).allows(token)).isTrue();
            constraint.accept(token);
            text.append(tokenizer.text(token));
        }
        assertThat(text.toString()).startsWith("{").hasSizeGreaterThan(8);
        assertThat("{\"order_number\":").startsWith(text);
    }

    @Test
    void propertiesComeInTheDeclaredOrderOnlyWhenAsked() throws IOException {
        JsonNode schema = JSON.readTree("{\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"integer\"}},\"required\":[\"b\"]}");
        assertThat(takes(schema, "{\"b\":1,\"a\":2}")).isTrue();
        Grammar declared = new Grammar(new JsonSchemaGrammar(Layout.COMPACT, PropertyOrder.DECLARED).expression(schema));
        assertThat(Writer.takes(vocabulary.constrain(declared), tokenizer, "{\"b\":1,\"a\":2}")).isFalse();
        assertThat(Writer.takes(vocabulary.constrain(declared), tokenizer, "{\"a\":2,\"b\":1}")).isTrue();
        assertThat(Writer.takes(vocabulary.constrain(declared), tokenizer, "{\"b\":1}")).isTrue();
        assertThat(Writer.takes(vocabulary.constrain(declared), tokenizer, "{\"a\":1}")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"type\":\"object\"} | {\"any\":[1,{\"x\":null}],\"y\":-0.5e+10}",
        "{} | \"text\"",
        "{\"$ref\":\"#/$defs/list\",\"$defs\":{\"list\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/list\"}}}} | [[],[[]]]",
        "{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"integer\"}},\"additionalProperties\":{\"type\":\"boolean\"}} | {\"ab\":1,\"abc\":true}",
        "{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"integer\"}},\"additionalProperties\":{\"type\":\"boolean\"}} | {\"a\":true}",
        "{\"required\":[\"z\"]} | {\"z\":7}",
    })
    void keywordsMeanWhatJsonSchemaSays(String schema, String text) throws IOException {
        assertThat(takes(JSON.readTree(schema), text)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"integer\"}},\"additionalProperties\":{\"type\":\"boolean\"}} | {\"ab\":true}",
        "{\"type\":\"object\",\"properties\":{\"a\":{}}} | {\"b\":1}",
        "{\"type\":\"integer\"} | 01",
        "{\"type\":\"integer\",\"maximum\":9} | 10",
        "{\"type\":\"string\"} | \"\\ud800\"",
        "{\"type\":\"boolean\"} | True",
        "{\"type\":\"array\",\"maxItems\":0} | [1]",
    })
    void whatASchemaForbidsCannotBeWritten(String schema, String text) throws IOException {
        assertThat(takes(JSON.readTree(schema), text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"not\":{\"type\":\"string\"}}",
        "{\"type\":\"str\"}",
        "{\"type\":\"integer\",\"minimum\":5,\"maximum\":4}",
        "{\"enum\":[]}",
        "{\"$ref\":\"#/nowhere\"}",
        "{\"type\":\"string\",\"pattern\":\"(?=a)\"}",
        "{\"type\":\"string\",\"pattern\":\"[b-a]\"}",
        "{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"b\"]}",
        "3",
    })
    void aSchemaThatCannotBeAGrammarIsRefusedInOneLine(String schema) throws IOException {
        JsonNode json = JSON.readTree(schema);
        assertThatThrownBy(() -> Grammar.json(json, Layout.COMPACT))
                .isInstanceOf(GrammarException.class)
                .hasMessageStartingWith("#")
                .hasMessageNotContaining("\n");
    }

    /** The schemas that people write, where the third-party cases are at hand: each is a grammar, and what it writes is valid. */
    @Test
    void theSchemasOfThirdPartyToolsAreGrammars() throws IOException {
        Path folder = Path.of(System.getProperty("outrider.root", ".."), "..", "shared", "evals", "dev");
        assumeTrue(Files.isDirectory(folder), "needs the third-party cases in ../shared/evals/dev");
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Writer writer = new Writer(tokenizer, random);
        int number = 0;
        for (String suite : List.of("bfcl_live.jsonl", "when2call.jsonl", "toolalpaca.jsonl")) {
            List<String> lines = Files.readAllLines(folder.resolve(suite));
            for (int i = random.nextInt(7); i < lines.size(); i += 7) {
                for (JsonNode tool : JSON.readTree(lines.get(i)).path("tools")) {
                    if (++number % 3 != 0) {
                        continue;
                    }
                    JsonNode schema = tool.get("parameters");
                    GrammarConstraint constraint = vocabulary.constrain(Grammar.json(schema, Layout.SPACED));
                    String text = writer.text(constraint, constraint.shortest() + 200, 0.5);
                    assertThat(REGISTRY.getSchema(schema).validate(JSON.readTree(text)))
                            .as("seed %d, %s:%d: %s", seed, suite, i + 1, text)
                            .isEmpty();
                }
            }
        }
        assertThat(number).isGreaterThan(100);
    }

    private boolean takes(JsonNode schema, String text) {
        return Writer.takes(vocabulary.constrain(Grammar.json(schema, Layout.COMPACT)), tokenizer, text);
    }
}
