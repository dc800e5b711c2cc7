package dev.outrider.slm.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.tokenizer.Tokenizer;
import dev.outrider.slm.tokenizer.TokenizerSpec;

/** Prompts and ids against those that the desk model is trained on; {@code training/golden.py} writes the files. */
class DeskGoldenTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static Tokenizer tokenizer;

    @BeforeAll
    static void loadTheTrainedTokenizer() throws IOException {
        JsonNode file = JSON.readTree(
                Path.of(System.getProperty("basedir", "."), "training", "tokenizer.json").toFile());
        JsonNode vocabulary = file.get("model").get("vocab");
        List<String> tokens = new ArrayList<>(Collections.nCopies(vocabulary.size(), ""));
        vocabulary.properties().forEach(entry -> tokens.set(entry.getValue().intValue(), entry.getKey()));
        List<Integer> types = new ArrayList<>(Collections.nCopies(tokens.size(), 1));
        Collections.fill(types.subList(0, 11), 3);
        List<String> merges = StreamSupport.stream(file.get("model").get("merges").spliterator(), false)
                .map(m -> m.isArray() ? m.get(0).textValue() + " " + m.get(1).textValue() : m.textValue())
                .toList();
        tokenizer = Tokenizer.of(new TokenizerSpec("gpt2", "qwen2", tokens, types, merges, null, 4, 0));
    }

    @Test
    void textsHaveTheIdsOfTheTraining() throws IOException {
        for (JsonNode line : lines("tokens.jsonl")) {
            String text = line.get("text").textValue();
            assertThat(tokenizer.encode(text)).as(line.toString()).isEqualTo(ids(line));
            assertThat(tokenizer.decode(ids(line))).isEqualTo(text);
        }
    }

    @Test
    void conversationsAreRenderedAsInTheTraining() throws IOException {
        ChatFormat format = new OutriderFormat(tokenizer);
        for (JsonNode line : lines("conversations.jsonl")) {
            List<ToolSpecification> tools = new ArrayList<>();
            line.get("tools").forEach(tool -> tools.add(tool(tool)));
            int[] prompt = format.prompt(messages(line), tools).tokens();
            assertThat(tokenizer.written(prompt)).isEqualTo(line.get("prompt").textValue());
            assertThat(prompt).isEqualTo(ids(line));
        }
    }

    private static List<ChatMessage> messages(JsonNode line) {
        List<ChatMessage> messages = new ArrayList<>();
        if (!line.path("system").asText("").isEmpty()) {
            messages.add(SystemMessage.from(line.get("system").textValue()));
        }
        for (JsonNode message : line.get("messages")) {
            String content = message.path("content").textValue();
            switch (message.get("role").textValue()) {
                case "user" -> messages.add(UserMessage.from(content));
                case "tool" -> messages.add(ToolExecutionResultMessage.from("", "any", content));
                default -> messages.add(message.has("calls") ? AiMessage.from(calls(message.get("calls"))) : AiMessage.from(content));
            }
        }
        return messages;
    }

    private static List<ToolExecutionRequest> calls(JsonNode calls) {
        return StreamSupport.stream(calls.spliterator(), false)
                .map(call -> ToolExecutionRequest.builder()
                        .name(call.get("name").textValue())
                        .arguments(call.get("arguments").textValue())
                        .build())
                .toList();
    }

    private static ToolSpecification tool(JsonNode tool) {
        JsonObjectSchema.Builder schema = JsonObjectSchema.builder();
        tool.get("parameters").get("properties").properties().forEach(property -> {
            JsonNode type = property.getValue();
            switch (type.has("enum") ? "enum" : type.get("type").textValue()) {
                case "enum" -> schema.addEnumProperty(property.getKey(), strings(type.get("enum")));
                case "integer" -> schema.addIntegerProperty(property.getKey());
                case "number" -> schema.addNumberProperty(property.getKey());
                case "boolean" -> schema.addBooleanProperty(property.getKey());
                case "string" -> schema.addStringProperty(property.getKey());
                default -> throw new AssertionError("a type the golden files did not have: " + type);
            }
        });
        return ToolSpecification.builder()
                .name(tool.get("name").textValue())
                .parameters(schema.required(strings(tool.get("parameters").get("required"))).build())
                .build();
    }

    private static List<String> strings(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::textValue).toList();
    }

    private static int[] ids(JsonNode line) {
        JsonNode ids = line.get("ids");
        return IntStream.range(0, ids.size()).map(i -> ids.get(i).intValue()).toArray();
    }

    private static List<JsonNode> lines(String name) throws IOException {
        String path = "/dev/outrider/slm/golden/desk/" + name;
        try (InputStream in = Objects.requireNonNull(DeskGoldenTest.class.getResourceAsStream(path), path)) {
            List<JsonNode> lines = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                lines.add(JSON.readTree(line));
            }
            assertThat(lines).hasSizeGreaterThan(5);
            return lines;
        }
    }
}
