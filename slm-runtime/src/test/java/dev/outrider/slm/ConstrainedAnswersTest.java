package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufWriter;
import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.grammar.GrammarException;
import dev.outrider.slm.grammar.RandomSchema;

/** A model that knows nothing, at a temperature at which it would write anything: every call and every JSON answer is whole and fits. */
class ConstrainedAnswersTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    @TempDir
    static Path directory;

    @Test
    void threeHundredAnswersAtATemperatureOfOneAndAHalf() {
        answer(300, new Random().nextLong());
    }

    @Test
    @Tag("long")
    void twoThousandAnswersAtATemperatureOfOneAndAHalf() {
        answer(2000, new Random().nextLong());
    }

    private static void answer(int count, long seed) {
        Random random = new Random(seed);
        int calls = 0;
        int json = 0;
        try (SlmEngine engine = SlmEngine.load(senseless(random));
                SlmChatModel model = SlmChatModel.builder().engine(engine).temperature(1.5).seed(seed).build()) {
            for (int i = 0; i < count; i++) {
                Map<String, JsonNode> schemas = Map.of("first", object(random), "second", object(random));
                ChatRequest request = request(schemas, random, i);
                ChatResponse response = model.chat(request);
                SlmChatResponseMetadata metadata = (SlmChatResponseMetadata) response.metadata();
                String what = "seed %d, answer %d: %s".formatted(seed, i, response.aiMessage());
                assertThat(metadata.problem()).as(what).isNull();
                if (response.aiMessage().hasToolExecutionRequests()) {
                    calls++;
                    for (ToolExecutionRequest call : response.aiMessage().toolExecutionRequests()) {
                        assertFits(schemas.get(call.name()), call.arguments(), what);
                    }
                } else if (request.responseFormat() != null) {
                    json++;
                    assertFits(schemas.get("first"), response.aiMessage().text(), what);
                } else {
                    assertThat(request.toolChoice()).as(what).isNull();
                }
                assertThat(metadata.evidence().largestMaskedMass()).as(what).isBetween(0.0, 1.0);
            }
        }
        assertThat(calls).as("seed %d: calls", seed).isGreaterThan(count / 5);
        assertThat(json).as("seed %d: JSON replies", seed).isGreaterThan(count / 5);
    }

    /** By turns: a call must come, a JSON reply must come, either may, and text or a call may. */
    private static ChatRequest request(Map<String, JsonNode> schemas, Random random, int number) {
        ResponseFormat format = ResponseFormat.builder()
                .type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder()
                        .name("reply")
                        .rootElement(JsonRawSchema.from(Objects.requireNonNull(schemas.get("first")).toString()))
                        .build())
                .build();
        List<ToolSpecification> tools = new ArrayList<>();
        schemas.forEach((name, schema) -> tools.add(tool(name, schema)));
        ChatRequest.Builder request =
                ChatRequest.builder().messages(UserMessage.from("number " + number)).maxOutputTokens(400 + random.nextInt(200));
        return switch (number % 4) {
            case 0 -> request.toolSpecifications(tools).toolChoice(ToolChoice.REQUIRED).build();
            case 1 -> request.responseFormat(format).build();
            case 2 -> request.responseFormat(format).toolSpecifications(tools).build();
            default -> request.toolSpecifications(tools).maxOutputTokens(30 + random.nextInt(500)).build();
        };
    }

    private static ToolSpecification tool(String name, JsonNode schema) {
        JsonObjectSchema.Builder parameters = JsonObjectSchema.builder();
        schema.path("properties").properties().forEach(property ->
                parameters.addProperty(property.getKey(), JsonRawSchema.from(property.getValue().toString())));
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(key -> required.add(key.asText()));
        return ToolSpecification.builder().name(name).parameters(parameters.required(required).build()).build();
    }

    private static JsonNode object(Random random) {
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        RandomSchema schemas = new RandomSchema(random);
        ObjectNode properties = schema.putObject("properties");
        for (int i = random.nextInt(3); i >= 0; i--) {
            properties.set("p" + i, schemas.schema(1));
        }
        schema.putArray("required").add("p0");
        return schema.put("additionalProperties", false);
    }

    private static void assertFits(@Nullable JsonNode schema, String text, String what) {
        Objects.requireNonNull(schema, what);
        JsonNode value;
        try {
            value = JSON.readTree(text);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(what, e);
        }
        assertThat(REGISTRY.getSchema(schema).validate(value)).as(what).isEmpty();
    }

    /** The model that ships with its weights drawn anew: same vocabulary and format, and nothing learned. */
    private static Path senseless(Random random) {
        Path file = directory.resolve("senseless-" + random.nextInt(1_000_000) + ".gguf");
        try (Gguf gguf = Gguf.open(EmbeddedModel.file())) {
            List<GgufWriter.Tensor> tensors = gguf.tensors().values().stream()
                    .map(tensor -> tensor.type() != TensorType.Q8_0
                            ? GgufWriter.Tensor.of(tensor)
                            : new GgufWriter.Tensor(tensor.name(), tensor.type(), tensor.dimensions(), out -> {
                                byte[] bytes = tensor.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
                                byte[] noise = new byte[bytes.length];
                                random.nextBytes(noise);
                                for (int i = 0; i < bytes.length; i++) {
                                    // the first two bytes of a block of 34 are its scale
                                    bytes[i] = i % 34 < 2 ? bytes[i] : noise[i];
                                }
                                out.write(bytes);
                            }))
                    .toList();
            GgufWriter.write(file, gguf.metadata().asMap(), tensors);
        }
        return file;
    }

    @Test
    void anAnswerThatHadToEndBecauseItsRoomWasUsedUpSaysSo() {
        long seed = new Random().nextLong();
        ToolSpecification note = ToolSpecification.builder()
                .name("note")
                .parameters(JsonObjectSchema.builder().addStringProperty("text").required("text").build())
                .build();
        try (SlmEngine engine = SlmEngine.load(senseless(new Random(seed)));
                SlmChatModel model = SlmChatModel.builder().engine(engine).temperature(1.5).seed(seed).build()) {
            int cut = 0;
            for (int i = 0; i < 20; i++) {
                ChatResponse response = model.chat(ChatRequest.builder()
                        .messages(UserMessage.from("write " + i))
                        .toolSpecifications(note)
                        .toolChoice(ToolChoice.REQUIRED)
                        .maxOutputTokens(60)
                        .build());
                assertThat(response.aiMessage().toolExecutionRequests()).as("seed %d", seed).isNotEmpty();
                assertThat(response.tokenUsage().outputTokenCount()).isLessThanOrEqualTo(60);
                cut += response.finishReason() == FinishReason.LENGTH ? 1 : 0;
            }
            assertThat(cut).as("seed %d", seed).isPositive();
            assertThatExceptionOfType(GrammarException.class)
                    .isThrownBy(() -> model.chat(ChatRequest.builder()
                            .messages(UserMessage.from("write"))
                            .toolSpecifications(note)
                            .toolChoice(ToolChoice.REQUIRED)
                            .maxOutputTokens(5)
                            .build()))
                    .withMessageContaining("only 5 are left; allow longer answers");
            // with room to spare nothing is cut
            ChatResponse roomy = model.chat(ChatRequest.builder()
                    .messages(UserMessage.from("write"))
                    .responseFormat(ResponseFormat.builder()
                            .type(ResponseFormatType.JSON)
                            .jsonSchema(JsonSchema.builder()
                                    .name("colour")
                                    .rootElement(JsonEnumSchema.builder().enumValues("red", "green").build())
                                    .build())
                            .build())
                    .maxOutputTokens(60)
                    .build());
            assertThat(roomy.aiMessage().text()).isIn("\"red\"", "\"green\"");
            assertThat(roomy.finishReason()).isEqualTo(FinishReason.STOP);
        }
    }
}
