package dev.outrider.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaCheckerTest {

    private static final ToolSpecification BOOK = ToolSpecification.builder()
            .name("book")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("room", "where")
                    .addEnumProperty("floor", List.of("ground", "first"))
                    .addIntegerProperty("seats")
                    .addNumberProperty("price")
                    .addBooleanProperty("window")
                    .addProperty(
                            "guests",
                            JsonArraySchema.builder()
                                    .items(new JsonStringSchema())
                                    .build())
                    .addProperty(
                            "contact",
                            JsonObjectSchema.builder()
                                    .addStringProperty("phone")
                                    .required("phone")
                                    .build())
                    .required("room", "seats")
                    .build())
            .build();

    private final SchemaChecker checker = new SchemaChecker();

    @Test
    void acceptsEverythingTheSchemaAllows() {
        assertThat(violations("{\"room\":\"A\",\"seats\":2}")).isEmpty();
        assertThat(violations("""
                {"room":"A","floor":"first","seats":2,"price":3,"window":true,"guests":["x"],"contact":{"phone":"1"}}
                """)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"seats\":2} | Argument 'room' is missing.",
                "{} | Argument 'room' is missing. Argument 'seats' is missing.",
                "{\"room\":5,\"seats\":2} | Argument 'room' is the number 5, expected a string.",
                "{\"room\":null,\"seats\":2} | Argument 'room' is null, expected a string.",
                "{\"room\":\"A\",\"seats\":\"2\"} | Argument 'seats' is the string \"2\", expected an integer.",
                "{\"room\":\"A\",\"seats\":2.5} | Argument 'seats' is the number 2.5, expected an integer.",
                "{\"room\":\"A\",\"seats\":true} | Argument 'seats' is true, expected an integer.",
                "{ROOM,\"price\":\"3.50\"} | Argument 'price' is the string \"3.50\", expected a number.",
                "{ROOM,\"window\":\"yes\"} | Argument 'window' is the string \"yes\", expected a boolean.",
                "{ROOM,\"floor\":\"cellar\"} | Argument 'floor' is the string \"cellar\", allowed are ground, first.",
                "{ROOM,\"guests\":\"x\"} | Argument 'guests' is the string \"x\", expected an array.",
                "{ROOM,\"guests\":[\"x\",7]} | Argument 'guests[1]' is the number 7, expected a string.",
                "{ROOM,\"contact\":{}} | Argument 'contact.phone' is missing.",
                "{ROOM,\"contact\":{\"phone\":\"1\",\"fax\":\"2\"}} | Argument 'contact.fax' is unknown.",
                "{ROOM,\"Price\":3}"
                        + " | Argument 'Price' is unknown; known are room, floor, seats, price, window,"
                        + " guests, contact.",
                "{\"room\":\"A\",\"seats\":1e400} | Argument 'seats' is 1E+400, too large; at most 1e18 is allowed.",
                "{\"room\":\"A\",\"seats\":1e999999999}"
                        + " | Argument 'seats' is 1E+999999999, too large; at most 1e18 is allowed.",
                "[1] | The arguments are an array, expected a JSON object.",
                "\"room\" | The arguments are a string, expected a JSON object.",
                "null | The arguments are null, expected a JSON object."
            })
    void namesTheArgumentWhatWasGivenAndWhatIsAllowed(String arguments, String expected) {
        assertThat(String.join(" ", violations(arguments.replace("ROOM", "\"room\":\"A\",\"seats\":2"))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"room\":\"A\",\"seats\":2",
                "{\"room\":\"A\",\"seats\":2}}",
                "{\"room\":\"A\",\"seats\":2} and so on",
                "{\"room\":\"A\",\"seats\":2,}",
                "{'room':'A','seats':2}",
                "{\"room\":\"A\",\"seats\":NaN}",
                "{\"room\":\"A\",\"seats\":Infinity}",
                "{\"room\":\"A\",\"seats\":2,\"seats\":3}",
                "{\"room\":\"A\\u00zz\",\"seats\":2}",
                "```json\n{\"room\":\"A\",\"seats\":2}\n```",
                "room=A"
            })
    void refusesWhatIsNoJsonInOneLine(String arguments) {
        assertThat(violations(arguments))
                .singleElement()
                .asString()
                .startsWith("The arguments are no JSON: ")
                .doesNotContain("\n");
    }

    @Test
    void refusesDeepNestingAndEndlessNumbersAndTextsWithoutReadingThemWhole() {
        assertThat(violations("[".repeat(100_000))).singleElement().asString().contains("no JSON", "nesting depth");
        assertThat(violations("{\"room\":\"A\",\"seats\":" + "9".repeat(100) + "}"))
                .singleElement()
                .asString()
                .contains("Number value length");
        assertThat(violations("{\"room\":\"" + "a".repeat(ArgumentSchema.MAX_CHARACTERS) + "\",\"seats\":1}"))
                .singleElement()
                .asString()
                .contains("at most 262144 are read");
    }

    @Test
    void noArgumentsAtAllMeanAnEmptyObject() {
        ToolSpecification ping = ToolSpecification.builder().name("ping").build();
        assertThat(checker.check(ping, request("ping", "")).valid()).isTrue();
        assertThat(checker.check(ping, ToolExecutionRequest.builder().name("ping").build()).valid()).isTrue();
        assertThat(checker.check(ping, request("ping", "{\"a\":1}")).violations())
                .containsExactly("Argument 'a' is unknown; the tool takes no arguments.");
    }

    @Test
    void unknownKeysAreWelcomeWhereTheSchemaSaysSo() {
        ToolSpecification open = ToolSpecification.builder()
                .name("open")
                .parameters(JsonObjectSchema.builder().addStringProperty("a").additionalProperties(true).build())
                .build();
        assertThat(checker.check(open, request("open", "{\"b\":1}")).valid()).isTrue();
        ToolSpecification map = ToolSpecification.builder()
                .name("map")
                .parameters(JsonObjectSchema.builder()
                        .addProperty("headers", JsonObjectSchema.builder().build())
                        .build())
                .build();
        assertThat(checker.check(map, request("map", "{\"headers\":{\"x\":1}}")).valid()).isTrue();
    }

    @Test
    void recursiveAndRawSchemasAreChecked() {
        ToolSpecification tree = ToolSpecification.builder()
                .name("tree")
                .parameters(JsonObjectSchema.builder()
                        .addProperty("node", JsonReferenceSchema.builder().reference("node").build())
                        .definitions(Map.of(
                                "node",
                                JsonObjectSchema.builder()
                                        .addProperty("value", new JsonIntegerSchema())
                                        .addProperty("next", JsonReferenceSchema.builder().reference("node").build())
                                        .required("value")
                                        .build()))
                        .build())
                .build();
        assertThat(checker.check(tree, request("tree", "{\"node\":{\"value\":1,\"next\":{\"value\":2}}}")).valid())
                .isTrue();
        assertThat(checker.check(tree, request("tree", "{\"node\":{\"value\":1,\"next\":{}}}")).violations())
                .containsExactly("Argument 'node.next.value' is missing.");
        ToolSpecification raw = ToolSpecification.builder()
                .name("raw")
                .parameters(JsonObjectSchema.builder()
                        .addProperty("n", JsonRawSchema.from("{\"type\":\"integer\",\"minimum\":1}"))
                        .build())
                .build();
        assertThat(checker.check(raw, request("raw", "{\"n\":0}")).violations())
                .singleElement()
                .asString()
                .startsWith("Argument 'n': ")
                .contains("minimum");
    }

    @Test
    void aCallOfAnotherToolDoesNotFit() {
        assertThat(checker.check(BOOK, request("cook", "{}")).violations())
                .containsExactly("The call names the tool \"cook\", not book.");
    }

    @Test
    void aBrokenSchemaIsTheFaultOfWhoeverOffersTheTool() {
        ToolSpecification broken = ToolSpecification.builder()
                .name("broken")
                .parameters(JsonObjectSchema.builder()
                        .addProperty("n", JsonRawSchema.from("{\"pattern\":\"(\",\"type\":\"string\"}"))
                        .build())
                .build();
        assertThatThrownBy(() -> checker.check(broken, request("broken", "{\"n\":\"x\"}")))

                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("broken");
    }

    @Test
    void namesThatHoldLineEndsOrAreEndlessStillGiveOneShortLine() {
        assertThat(violations("{\"room\":\"A\",\"seats\":1,\"floo\\r\\n\\u2028r\":1}"))
                .containsExactly("Argument 'floo r' is unknown; known are room, floor, seats, price, window,"
                        + " guests, contact.");
        assertThat(violations("{\"room\":\"A\",\"seats\":1,\"" + "x".repeat(5000) + "\":1e99}"))
                .singleElement()
                .satisfies(line -> assertThat(line).hasSizeLessThan(400));
    }

    @Test
    void mangledCallsNeverThrowAndAlwaysGiveOneLineEach() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        String good =
                "{\"room\":\"A\",\"floor\":\"first\",\"seats\":2,\"price\":3.5,"
                        + "\"guests\":[\"x\"],\"contact\":{\"phone\":\"1\"}}";
        for (int i = 0; i < 2000; i++) {
            StringBuilder text = new StringBuilder(good);
            for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, "{}[]\",:\\0e-.\n\u0000x".charAt(random.nextInt(15)));
                    default -> text.setCharAt(at, (char) random.nextInt(0x250));
                }
            }
            ArgumentCheck check = ArgumentCheck.of(BOOK, request("book", text.toString()));
            assertThat(check.violations()).as("seed %d, %s", seed, text).allSatisfy(line -> {
                assertThat(line.lines()).hasSize(1);
                assertThat(line).hasSizeLessThan(400);
            });
        }
    }

    private List<String> violations(String arguments) {
        return checker.check(BOOK, request("book", arguments)).violations();
    }

    private static ToolExecutionRequest request(String name, String arguments) {
        return ToolExecutionRequest.builder().id("1").name(name).arguments(arguments).build();
    }
}
