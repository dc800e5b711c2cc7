package dev.outrider.slm.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ToolSignatureTest {

    @Test
    void everyTypeHasItsMark() {
        assertThat(signature(JsonObjectSchema.builder()
                        .addStringProperty("text")
                        .addIntegerProperty("count")
                        .addNumberProperty("price")
                        .addBooleanProperty("gift")
                        .addEnumProperty("size", List.of("s", "m", "l"))
                        .addProperty("tags", JsonArraySchema.builder().items(new JsonStringSchema()).build())
                        .addProperty("address", JsonObjectSchema.builder().addStringProperty("city").build())
                        .required("text", "count", "size", "tags")
                        .build()))
                .isEqualTo("t(text, count:integer, price?:number, gift?:boolean, size=s|m|l, tags:array, address?:object)");
    }

    @Test
    void aToolWithoutParametersHasEmptyBrackets() {
        assertThat(ToolSignature.of(ToolSpecification.builder().name("now").build())).isEqualTo("now()");
        assertThat(signature(JsonObjectSchema.builder().build())).isEqualTo("t()");
    }

    @Test
    void referencesUnionsAndRawSchemasShowWhatTheyMean() {
        assertThat(signature(JsonObjectSchema.builder()
                        .addProperty("a", JsonReferenceSchema.builder().reference("size").build())
                        .addProperty("b", JsonReferenceSchema.builder().reference("missing").build())
                        .addProperty(
                                "c",
                                JsonAnyOfSchema.builder()
                                        .anyOf(new JsonNullSchema(), new JsonNumberSchema())
                                        .build())
                        .addProperty("d", JsonRawSchema.from("{\"type\":\"integer\"}"))
                        .addProperty("e", JsonRawSchema.from("{\"enum\":[\"x\",\"y\"]}"))
                        .addProperty("f", JsonRawSchema.from("{\"type\":\"string\"}"))
                        .addProperty("g", JsonRawSchema.from("not json"))
                        .definitions(Map.of("size", new JsonNumberSchema()))
                        .required("a", "b", "c", "d", "e", "f", "g")
                        .build()))
                .isEqualTo("t(a:number, b:object, c:number, d:integer, e=x|y, f, g:object)");
    }

    private static String signature(JsonObjectSchema parameters) {
        return ToolSignature.of(
                ToolSpecification.builder().name("t").parameters(parameters).build());
    }
}
