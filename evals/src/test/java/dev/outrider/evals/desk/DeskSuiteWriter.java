package dev.outrider.evals.desk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import dev.outrider.evals.desk.DeskTask.Call;
import dev.outrider.tools.SideEffect;
import dev.outrider.tools.ToolCatalogue;
import dev.outrider.tools.ToolOutcome;
import dev.outrider.tools.desk.Desk;

/**
 * Makes {@code desk.jsonl}, {@code desk-calibration.jsonl} and {@code desk-toolsets.json} of the written tasks. Each task starts from a fresh
 * desk; what its tools answer in a case's history is what the desk really answers to the gold calls.
 */
final class DeskSuiteWriter {

    /** Decimals stay as they are written: 24.90 is 24.90 in the history too. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .disable(com.fasterxml.jackson.databind.cfg.JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final String suite;

    /** @param suite {@code desk} or {@code desk-calibration} */
    DeskSuiteWriter(String suite) {
        this.suite = suite;
    }

    List<DeskTask> tasks() {
        String file = "/dev/outrider/evals/" + suite + "-tasks.json";
        try (InputStream in = DeskSuiteWriter.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing");
            }
            List<DeskTask> tasks = new ArrayList<>();
            JSON.readTree(in).forEach(task -> tasks.add(DeskTask.of(task)));
            return tasks;
        } catch (IOException e) {
            throw new IllegalStateException(file + " cannot be read", e);
        }
    }

    /** The catalogue as the tool set {@code desk}. */
    static String toolsets() {
        ObjectNode all = JSON.createObjectNode();
        ArrayNode tools = all.putArray("desk");
        try (Desk desk = Desk.inMemory()) {
            for (ToolSpecification specification : desk.catalogue().specifications()) {
                tools.add(JSON.readTree(specification.toJson()));
            }
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All cases, one a line. A desk that was only read is as fresh as a new one. */
    String cases() {
        StringBuilder lines = new StringBuilder();
        try (Desk desk = Desk.inMemory()) {
            ToolCatalogue catalogue = desk.catalogue();
            boolean fresh = true;
            for (DeskTask task : tasks()) {
                if (!fresh) {
                    desk.reset();
                }
                cases(task, catalogue).forEach(c -> lines.append(c).append('\n'));
                fresh = task.steps().stream()
                        .flatMap(List::stream)
                        .allMatch(call -> catalogue.effectOf(call.tool()) == SideEffect.READ);
            }
        }
        return lines.toString();
    }

    private List<ObjectNode> cases(DeskTask task, ToolCatalogue catalogue) {
        List<ObjectNode> cases = new ArrayList<>();
        ArrayNode messages = JSON.createArrayNode();
        message(messages, "user", task.request());
        for (int i = 0; i < task.followUp().size(); i++) {
            message(messages, i % 2 == 0 ? "assistant" : "user", task.followUp().get(i));
        }
        int calls = 0;
        for (int step = 0; step < task.steps().size(); step++) {
            List<Call> gold = task.steps().get(step);
            ObjectNode expected = JSON.createObjectNode();
            ArrayNode expectedCalls = expected.putArray("calls");
            gold.forEach(call -> expectedCalls.add(expected(task, call)));
            expected.put("order", "any");
            if (step == 0 && !task.alternatives().isEmpty()) {
                ArrayNode alternatives = expected.putArray("alternatives");
                task.alternatives().forEach(call -> alternatives.addArray().add(expected(task, call)));
            }
            ObjectNode line = line(task, step, task.kind(), messages, expected);
            line.put("match", task.freeText().isEmpty() ? "bfcl-ast" : "gold-subset");
            if (task.firstCallOnly() && step == 0) {
                line.put("first_call_only", true);
            }
            cases.add(withSource(line));
            calls = replay(task, gold, catalogue, messages, calls);
        }
        ObjectNode expected = JSON.createObjectNode();
        boolean called = !task.steps().isEmpty();
        expected.put("no_call", true);
        String unaided = task.kind().equals("ask") ? "request_for_info" : "cannot_answer";
        expected.put("decision", called ? "final_answer" : unaided);
        expected.put("reference_text", task.reply());
        ArrayNode mentions = expected.putArray("mentions");
        task.mentions().forEach(group -> {
            ArrayNode texts = mentions.addArray();
            Mentions.spelledOut(group).forEach(texts::add);
        });
        ObjectNode line = line(task, task.steps().size(), called ? "reply" : task.kind(), messages, expected);
        line.put("match", "bfcl-ast");
        cases.add(withSource(line));
        return cases;
    }

    private ObjectNode line(DeskTask task, int step, String category, ArrayNode messages, ObjectNode expected) {
        ObjectNode line = JSON.createObjectNode();
        line.put("id", suite + "/" + task.id() + "/s" + step);
        line.put("suite", suite);
        line.put("category", category);
        line.put("task", suite + "/" + task.id());
        line.put("toolset", "desk");
        line.set("messages", messages.deepCopy());
        line.set("expected", expected);
        return line;
    }

    private ObjectNode withSource(ObjectNode line) {
        line.putObject("source").put("repo", "outrider").put("path", suite + "-tasks.json").put("licence", "Apache-2.0");
        return line;
    }

    private static void message(ArrayNode messages, String role, String content) {
        messages.addObject().put("role", role).put("content", content);
    }

    private static ObjectNode expected(DeskTask task, Call call) {
        ObjectNode expected = JSON.createObjectNode();
        expected.put("name", call.tool());
        ObjectNode arguments = expected.putObject("arguments");
        List<String> free = new ArrayList<>();
        call.arguments().fieldNames().forEachRemaining(parameter -> {
            ArrayNode acceptable = arguments.putArray(parameter);
            if (call.tool().equals("search_help")) {
                questions(task, call).forEach(acceptable::add);
            } else {
                call.acceptable(parameter).forEach(acceptable::add);
            }
            if (task.freeText().contains(parameter)) {
                free.add(parameter);
            }
        });
        if (!free.isEmpty()) {
            ArrayNode names = expected.putArray("free_text");
            free.forEach(names::add);
        }
        return expected;
    }

    /** A question may be searched for as asked, with or without its question mark, or with all that surrounds it. */
    private static Set<String> questions(DeskTask task, Call call) {
        Set<String> questions = new LinkedHashSet<>();
        for (JsonNode value : call.acceptable("query")) {
            String bare = value.textValue().replaceAll("[?!.\\s]+$", "");
            questions.add(value.textValue());
            questions.add(bare);
            questions.add(bare + "?");
        }
        questions.add(task.request());
        return questions;
    }

    private int replay(DeskTask task, List<Call> gold, ToolCatalogue catalogue, ArrayNode messages, int calls) {
        ObjectNode assistant = messages.addObject().put("role", "assistant").putNull("content");
        ArrayNode toolCalls = assistant.putArray("tool_calls");
        int number = calls;
        for (Call call : gold) {
            toolCalls.addObject()
                    .put("id", "c" + ++number)
                    .put("name", call.tool())
                    .set("arguments", call.replayed());
        }
        number = calls;
        for (Call call : gold) {
            ToolOutcome outcome = catalogue.execute(ToolExecutionRequest.builder()
                    .id("c" + ++number)
                    .name(call.tool())
                    .arguments(call.replayed().toString())
                    .build());
            if (!outcome.succeeded()) {
                throw new IllegalStateException(
                        suite + "/" + task.id() + ": gold call " + call + " failed: " + outcome.text());
            }
            messages.addObject()
                    .put("role", "tool")
                    .put("tool_call_id", "c" + number)
                    .put("name", call.tool())
                    .put("content", outcome.text());
        }
        return number;
    }
}
