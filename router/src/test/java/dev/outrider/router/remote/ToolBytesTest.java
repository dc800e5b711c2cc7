package dev.outrider.router.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ToolBytesTest {

    private static ToolSpecification tool(String description) {
        return ToolSpecification.builder()
                .name("greet")
                .description(description)
                .parameters(JsonObjectSchema.builder().addStringProperty("name").build())
                .build();
    }

    @Test
    void counts_bytes_and_not_characters() {
        ToolSpecification tool = tool("Grüßt jemanden, möglichst höflich");
        String json = tool.toJson();
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        assertThat(bytes).isGreaterThan(json.length());
        assertThat(new ToolBytes().of(tool)).isEqualTo(bytes);
    }

    @Test
    void measures_an_object_once_and_an_equal_one_for_itself() {
        ToolBytes bytes = new ToolBytes();
        ToolSpecification one = tool("Says hello");
        ToolSpecification same = tool("Says hello");
        ToolSpecification longer = tool("Says hello to somebody");
        assertThat(bytes.of(one)).isEqualTo(bytes.of(one)).isEqualTo(bytes.of(same));
        assertThat(bytes.of(longer)).isGreaterThan(bytes.of(one));
        assertThat(bytes.size()).isEqualTo(3);
    }
}
