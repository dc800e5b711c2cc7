package dev.outrider.router.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Redaction over random texts; a failure prints its seed. */
class RedactionPropertyTest {

    private static final Redactor REDACTOR = Redactor.of(RedactionSettings.DEFAULTS);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROUNDS = 300;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final SensitiveValues values = new SensitiveValues(random);

    private String text(List<String> hidden) {
        StringBuilder text = new StringBuilder();
        int parts = 1 + random.nextInt(8);
        for (int i = 0; i < parts; i++) {
            text.append(values.filler());
            if (random.nextInt(3) > 0) {
                String value = values.value();
                hidden.add(value);
                text.append(values.apart(value));
            }
        }
        return text.toString();
    }

    private Redacted redact(String text) {
        return REDACTOR.redact(ChatRequest.builder().messages(UserMessage.from(text)).build(), values.names());
    }

    private static String out(Redacted redacted) {
        return ((UserMessage) redacted.request().messages().getFirst()).singleText();
    }

    @Test
    void restoring_what_was_redacted_gives_the_text_back_and_no_value_is_left_in_it() {
        for (int round = 0; round < ROUNDS; round++) {
            List<String> hidden = new ArrayList<>();
            String text = text(hidden);
            Redacted redacted = redact(text);
            String out = out(redacted);
            assertThat(redacted.restore(out)).as("seed %d: %s", seed, text).isEqualTo(text);
            assertThat(hidden).as("seed %d: %s became %s", seed, text, out).noneMatch(out::contains);
        }
    }

    @Test
    void it_makes_no_difference_how_often_the_same_conversation_is_redacted() {
        for (int round = 0; round < ROUNDS / 3; round++) {
            String text = text(new ArrayList<>());
            assertThat(out(redact(text))).as("seed %d: %s", seed, text).isEqualTo(out(redact(text)));
        }
    }

    @Test
    void arguments_with_escapes_come_back_with_the_same_values() throws JsonProcessingException {
        for (int round = 0; round < ROUNDS; round++) {
            List<String> hidden = new ArrayList<>();
            String json = JSON.writeValueAsString(List.of(text(hidden), text(hidden)));
            String arguments = "{\"list\": " + escapedAtRandom(json) + ", \"n\":1.50}";
            ToolExecutionRequest call = ToolExecutionRequest.builder()
                    .id("1")
                    .name("t")
                    .arguments(arguments)
                    .build();
            Redacted redacted = REDACTOR.redact(
                    ChatRequest.builder()
                            .messages(UserMessage.from("x"), AiMessage.from(call))
                            .build(),
                    values.names());
            ToolExecutionRequest out =
                    ((AiMessage) redacted.request().messages().get(1)).toolExecutionRequests().getFirst();
            JsonNode sent = JSON.readTree(out.arguments());
            assertThat(hidden)
                    .as("seed %d: %s became %s", seed, arguments, out.arguments())
                    .noneMatch(value -> sent.get("list").get(0).asText().contains(value)
                            || sent.get("list").get(1).asText().contains(value));
            ChatResponse restored = redacted.restore(
                    ChatResponse.builder().aiMessage(AiMessage.from(out)).build());
            String back = restored.aiMessage().toolExecutionRequests().getFirst().arguments();
            assertThat(JSON.readTree(back)).as("seed %d: %s", seed, arguments).isEqualTo(JSON.readTree(arguments));
        }
    }

    /** The same JSON with some characters written as escapes. */
    private String escapedAtRandom(String json) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c == '\\') {
                // an escape that is there stays whole
                int length = json.charAt(i + 1) == 'u' ? 6 : 2;
                out.append(json, i, i + length);
                i += length - 1;
            } else if (c != '"' && c != '[' && c != ']' && c != ',' && random.nextInt(10) == 0) {
                out.append("\\u").append("%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
