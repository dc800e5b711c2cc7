package dev.outrider.evals.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.evals.Shop;

class SuiteTest {

    private static final String GOOD = """
            {"id":"a","suite":"s","category":"c","tools":[{"name":"f","description":"d","parameters":{"type":"object",\
            "properties":{"x":{"type":"integer"}},"required":["x"]}}],"messages":[{"role":"user","content":"go"}],\
            "expected":{"calls":[{"name":"f","arguments":{"x":[1]}}],"order":"exact"},"match":"bfcl-ast"}
            """;

    @TempDir
    Path folder;

    @Test
    void aCaseNamesItsToolsByToolset() {
        EvalCase c = Shop.evalCase("5");
        assertThat(c.tools()).hasSize(6);
        var restock = c.tool("restock").orElseThrow().specification();
        assertThat(restock.parameters().properties().get("warehouse"))
                .isInstanceOfSatisfying(JsonEnumSchema.class, e -> assertThat(e.enumValues()).containsExactly("berlin", "lyon", "porto"));
        assertThat(restock.parameters().required()).containsExactly("sku", "warehouse", "quantity");
        assertThat(c.tool("refund_order").orElseThrow().specification().parameters().properties().get("amount"))
                .isInstanceOf(JsonNumberSchema.class);
    }

    @Test
    void aKeywordThatLangChain4jCannotExpressIsKeptRaw() {
        var quantity = Shop.evalCase("5").tool("restock").orElseThrow().specification().parameters().properties().get("quantity");
        assertThat(quantity).isEqualTo(JsonRawSchema.from("{\"type\":\"integer\",\"minimum\":1}"));
    }

    @Test
    void aConversationBecomesLangChain4jMessages() {
        var messages = Shop.evalCase("2/s1").messages();
        assertThat(messages.get(0)).isInstanceOf(UserMessage.class);
        assertThat(((AiMessage) messages.get(1)).toolExecutionRequests()).extracting(r -> r.name() + r.arguments())
                .containsExactly("check_stock{\"sku\":\"KET-204\",\"warehouse\":\"lyon\"}", "track_shipment{\"order_id\":\"ORD-70011\"}");
        assertThat((ToolExecutionResultMessage) messages.get(3))
                .satisfies(m -> assertThat(m.id()).isEqualTo("c2"))
                .satisfies(m -> assertThat(m.text()).contains("in_transit"));
    }

    @Test
    void successiveQueriesOfOneRequestAreOneTask() {
        assertThat(Shop.evalCase("1/s0").task()).isEqualTo(Shop.evalCase("1/s1").task());
        assertThat(Shop.evalCase("1/s0").task()).isNotEqualTo(Shop.evalCase("2/s0").task());
    }

    @Test
    void aCaseIsJudgedByItsFirstCallOnlyWhereItHasAlternativesOrSaysSo() {
        assertThat(Shop.evalCase("9").firstCallOnly()).isTrue();
        assertThat(Shop.evalCase("5").firstCallOnly()).isFalse();
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"id\":\"a\"|\"id\":\"\"|id is empty",
        "\"suite\":\"s\",||suite is missing",
        "\"category\"|\"categry\"|categry is no known key; known are category, expected,",
        "bfcl-ast|bfcl|match \"bfcl\" is unknown; known are bfcl-ast, exact-json, gold-subset, desk-state, llm-judge, recorded-outcome",
        "bfcl-ast|llm-judge|match llm-judge compares a reply with a reference: expected needs \"no_call\":true",
        "\"order\":\"exact\"|\"order\":\"some\"|expected.order must be any or exact but is some",
        "{\"name\":\"f\",\"arguments\":{\"x\":[1]}}||expected.calls is empty; where no call is right say \"no_call\":true",
        "{\"name\":\"f\",\"arguments\"|{\"name\":\"g\",\"arguments\"|expected.calls[0].name is no offered tool: g",
        "{\"x\":[1]}|{\"y\":[1]}|expected.calls[0].arguments.y is no parameter of f",
        "{\"x\":[1]}|{\"x\":1}|expected.calls[0].arguments.x must be a list",
        "{\"x\":[1]}|{\"x\":[]}|expected.calls[0].arguments.x has no acceptable value",
        "\"role\":\"user\"|\"role\":\"usr\"|messages[0].role must be system, user, assistant or tool but is usr",
        "\"role\":\"user\"|\"role\":\"assistant\"|messages must end with a user's or a tool's message: it is the model's turn",
        "\"content\":\"go\"|\"content\":\" \"|messages[0].content is empty",
        "\"required\":[\"x\"]|\"required\":[\"z\"]|tools[0].parameters.required names z, which is no property",
        "\"type\":\"object\"|\"type\":\"array\"|tools[0].parameters cannot be used: tool f: parameters must be of type object",
        "\"expected\":{|\"expectd\":{|no \"expected\": this is a log or a list of something else, no suite",
        "\"tools\":[|\"toolset\":\"x\",\"tools\":[|give either \"tools\" or \"toolset\"",
        "\"match\":\"bfcl-ast\"}|\"match\":\"bfcl-ast\"|no JSON: Unexpected end-of-input: expected close marker for Object (column",
        "\"id\":\"a\"|\"id\":\"a\",\"id\":\"b\"|no JSON: Duplicate field 'id'",
    })
    void aBrokenLineIsNamedWithItsNumberAndItsFault(String find, @org.jspecify.annotations.Nullable String replace, String fault)
            throws IOException {
        String broken = GOOD.replace(find, replace == null ? "" : replace);
        assertThat(broken).isNotEqualTo(GOOD);
        Path file = folder.resolve("mine.jsonl");
        Files.writeString(file, GOOD.replace("\"id\":\"a\"", "\"id\":\"first\"") + broken);
        assertThatThrownBy(() -> Suite.load(file))
                .isInstanceOfSatisfying(SuiteException.class, e -> assertThat(e.line()).isEqualTo(2))
                .hasMessageStartingWith("mine.jsonl:2: ")
                .hasMessageContaining(fault);
    }

    @Test
    void anIdGivenTwiceIsNamedWithBothLines() throws IOException {
        Path file = folder.resolve("mine.jsonl");
        Files.writeString(file, GOOD + "\n" + GOOD);
        assertThatThrownBy(() -> Suite.load(file)).hasMessage("mine.jsonl:3: id a is already on line 1");
    }

    @Test
    void anUnknownSuiteSaysWhatCanBeNamed() {
        assertThatThrownBy(() -> Suite.load(List.of(folder + "/none.jsonl")))
                .hasMessageEndingWith("no such suite; name a .jsonl file, a folder, a glob, or a built-in suite: desk, desk-calibration");
    }

    @Test
    void aGlobFindsSuitesInOrder() throws IOException {
        Files.writeString(folder.resolve("b1.jsonl"), GOOD);
        Files.writeString(folder.resolve("b2.jsonl"), GOOD.replace("\"id\":\"a\"", "\"id\":\"b\""));
        Files.writeString(folder.resolve("c.jsonl"), "not a suite");
        assertThat(Suite.load(List.of(folder + "/b*.jsonl")).cases()).extracting(EvalCase::id).containsExactly("a", "b");
    }

    @Test
    void anEmptyFileIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("empty.jsonl"), "");
        assertThatThrownBy(() -> Suite.load(file)).hasMessageEndingWith("empty.jsonl: no cases; a suite holds one JSON object a line");
    }

    @Test
    void aFileThatIsNoTextIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("bytes.jsonl"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> Suite.load(file)).isInstanceOf(SuiteException.class).hasMessageContaining("is no UTF-8 text");
    }
}
