package dev.outrider.slm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

import dev.outrider.slm.chat.CallSyntax;
import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.tokenizer.Tokenizer;

/** The beginnings of calls, as a model writes them: markers and name, up to the token with the name's end. */
final class NamedCalls {

    private static final ObjectMapper JSON = new ObjectMapper();

    private NamedCalls() {}

    /**
     * How likely the model was to call each tool.
     *
     * @param prompt up to where the answer begins
     * @param tools at least one
     * @return nothing when the format has no calls, or no state near the end of the prompt was kept
     */
    static Optional<ToolNames> weigh(SlmChatModel.Loaded loaded, int[] prompt, List<ToolSpecification> tools) {
        if (loaded.format().callSyntax().isEmpty()) {
            return Optional.empty();
        }
        List<int[]> beginnings = tools.stream()
                .map(tool -> beginning(loaded.tokenizer(), loaded.format(), loaded.format().callSyntax().get(), tool.name()))
                .toList();
        return loaded.generator().weigh(prompt, beginnings).map(ways -> named(tools, ways));
    }

    private static ToolNames named(List<ToolSpecification> tools, Ways ways) {
        Map<String, Double> names = new LinkedHashMap<>();
        for (int i = 0; i < tools.size(); i++) {
            names.put(tools.get(i).name(), ways.probabilities().get(i));
        }
        return new ToolNames(ways.first(), names, ways.unresolved());
    }

    static int[] beginning(Tokenizer tokenizer, ChatFormat format, CallSyntax syntax, String name) {
        String blank = format.writesCompactJson() ? "" : " ";
        String named =
                switch (syntax.form()) {
                    case JSON_OBJECT -> "{\"name\":" + blank + quoted(name);
                    case JSON_LIST -> "[{\"name\":" + blank + quoted(name);
                    case XML -> "<function=" + name + ">";
                };
        String rest = syntax.form() == CallSyntax.Form.XML ? "\n" : "," + blank + "\"arguments\":" + blank + "{";
        int[] open = tokenizer.encodeWithSpecialTokens(syntax.open());
        int[] text = tokenizer.encode(named + rest);
        int end = named.getBytes(StandardCharsets.UTF_8).length;
        int count = 0;
        for (int bytes = 0; bytes < end; count++) {
            bytes += tokenizer.bytes(text[count]).length;
        }
        return IntStream.concat(IntStream.of(open), Arrays.stream(text, 0, count)).toArray();
    }

    private static String quoted(String name) {
        try {
            return JSON.writeValueAsString(name);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a name that cannot be written as JSON: " + name, e);
        }
    }
}
