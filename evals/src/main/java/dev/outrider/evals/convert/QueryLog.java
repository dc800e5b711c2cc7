package dev.outrider.evals.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.match.GoldAnswer;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.Decision;
import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.LedgerEntry;

/**
 * Reads what an agent asked its LLM. JSON lines of three forms, told apart by their keys:
 * <ul>
 *   <li>{@code {"request": {OpenAI chat completion request}, "response": {OpenAI response}}}, or the request's keys beside
 *       {@code response}; optionally {@code id}, {@code session}, {@code outcome} (true or false);
 *   <li>{@code {"messages": […], "reference_response": "text"}}: recorded prompts and answers;
 *   <li>a case of an evaluation suite (it has {@code expected}): for the table only, never for training.
 * </ul>
 */
public final class QueryLog {

    private static final ObjectMapper JSON = new ObjectMapper();

    private QueryLog() {}

    /**
     * What a file holds.
     *
     * @param queries with an answer
     * @param failed ids of queries whose answer is missing or an error
     */
    public record Read(List<AgentQuery> queries, List<String> failed) {}

    /**
     * Reads a file.
     *
     * @throws ConvertException in one line with the line's number when a line is none of the forms
     */
    public static Read read(Path file) {
        List<AgentQuery> queries = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            String line;
            for (int number = 1; (line = lines.readLine()) != null; number++) {
                if (line.isBlank()) {
                    continue;
                }
                String place = file + ":" + number;
                JsonNode node = json(line, place);
                if (node.has("expected")) {
                    return suite(file);
                }
                AgentQuery query = query(node, place);
                if (query == null) {
                    failed.add(node.path("id").asText(place));
                } else {
                    queries.add(query);
                }
            }
        } catch (NoSuchFileException e) {
            throw new ConvertException("there is no log " + file + "; check the path");
        } catch (MalformedInputException e) {
            throw new ConvertException(file + " is no UTF-8 text; convert it");
        } catch (IOException e) {
            throw new ConvertException(file + " cannot be read (" + e.getMessage() + ")");
        }
        return new Read(queries, failed);
    }

    private static JsonNode json(String line, String place) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new ConvertException(place + " is no JSON (" + e.getOriginalMessage() + "); repair or remove the line");
        }
    }

    private static Read suite(Path file) {
        List<AgentQuery> queries = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (EvalCase c : Suite.load(file).cases()) {
            if (!c.runnable()) {
                failed.add(c.id());
                continue;
            }
            List<JsonNode> tools = c.tools().stream()
                    .map(t -> (JsonNode) Json.object().put("name", t.name()).set("parameters", t.parameters()))
                    .toList();
            queries.add(new AgentQuery(c.id(), c.cluster(), tools, c.messages(), GoldAnswer.of(c), null, null, false));
        }
        return new Read(queries, failed);
    }

    private static @Nullable AgentQuery query(JsonNode node, String place) {
        JsonNode request = node.has("request") ? node.get("request") : node;
        if (!request.path("messages").isArray() || request.get("messages").isEmpty()) {
            throw new ConvertException(place + " has no messages; a line is {\"request\":{…},\"response\":{…}} of the OpenAI form");
        }
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonNode m : request.get("messages")) {
            messages.add(message(m, place));
        }
        AiMessage answer = answer(node, place);
        if (answer == null) {
            return null;
        }
        List<JsonNode> tools = new ArrayList<>();
        for (JsonNode t : request.path("tools")) {
            tools.add(t.has("function") ? t.get("function") : t);
        }
        String id = node.path("id").asText(node.path("response").path("id").asText(place));
        String group = node.path("session").asText(id);
        Boolean outcome = node.path("outcome").isBoolean() ? Boolean.valueOf(node.get("outcome").asBoolean()) : null;
        return new AgentQuery(id, group, tools, messages, answer, outcome, null, true);
    }

    private static @Nullable AiMessage answer(JsonNode node, String place) {
        if (node.path("reference_response").isTextual()) {
            return AiMessage.from(node.get("reference_response").asText());
        }
        JsonNode response = node.get("response");
        if (response == null) {
            throw new ConvertException(place + " has no response; a line is {\"request\":{…},\"response\":{…}} of the OpenAI form");
        }
        if (response.isTextual()) {
            return AiMessage.from(response.asText());
        }
        JsonNode message = response.path("choices").path(0).path("message");
        ChatMessage parsed = message.isObject() ? assistant(message) : null;
        return parsed instanceof AiMessage ai && (ai.hasToolExecutionRequests() || ai.text() != null && !ai.text().isBlank()) ? ai : null;
    }

    private static ChatMessage message(JsonNode m, String place) {
        return switch (m.path("role").asText()) {
            case "system", "developer" -> SystemMessage.from(text(m.path("content")));
            case "user" -> UserMessage.from(text(m.path("content")));
            case "assistant" -> assistant(m);
            case "tool" -> ToolExecutionResultMessage.from(
                    m.path("tool_call_id").asText(), m.path("name").asText(""), text(m.path("content")));
            default -> throw new ConvertException(
                    place + " has a message of role " + m.path("role").asText("(none)") + "; it must be system, user, assistant or tool");
        };
    }

    private static AiMessage assistant(JsonNode m) {
        List<ToolExecutionRequest> calls = new ArrayList<>();
        for (JsonNode c : m.path("tool_calls")) {
            JsonNode f = c.has("function") ? c.get("function") : c;
            JsonNode arguments = f.path("arguments");
            calls.add(ToolExecutionRequest.builder()
                    .id(c.path("id").asText("call_" + (calls.size() + 1)))
                    .name(f.path("name").asText())
                    .arguments(arguments.isTextual() ? arguments.asText() : arguments.isMissingNode() ? "{}" : arguments.toString())
                    .build());
        }
        String text = text(m.path("content"));
        AiMessage.Builder builder = AiMessage.builder().toolExecutionRequests(calls);
        return text.isEmpty() && !calls.isEmpty() ? builder.build() : builder.text(text).build();
    }

    /** Text, or the text parts of a list of parts; what is no text is left out. */
    private static String text(JsonNode content) {
        if (content.isArray()) {
            StringBuilder all = new StringBuilder();
            content.forEach(p -> all.append(p.path("text").asText("")));
            return all.isEmpty() ? "(no text)" : all.toString();
        }
        String text = content.asText("");
        return content.isNull() ? "" : text;
    }

    /**
     * The queries of a ledger. It keeps answers and evidence but no requests, so that they can be counted and measured but not trained
     * on.
     *
     * @param entries oldest first; not closed
     */
    public static List<AgentQuery> ofLedger(Stream<LedgerEntry> entries, AgreementMatcher matcher) {
        List<AgentQuery> queries = new ArrayList<>();
        entries.filter(DecisionRecord.class::isInstance).map(DecisionRecord.class::cast).forEach(record -> {
            DecisionRecord.Local local = record.local();
            Answer mine = local == null ? null : local.answer();
            Answer theirs = record.remote() == null ? null : record.remote().answer();
            Answer given = record.decision() instanceof Decision.Accept || theirs == null ? mine : theirs;
            if (given != null) {
                Boolean right = theirs != null && mine != null ? Boolean.valueOf(matcher.agree(mine, theirs))
                        : record.audit() == null ? null : record.audit().agreed();
                String session = record.session();
                queries.add(new AgentQuery(
                        record.id(), session == null ? record.id() : session, List.of(), List.of(), message(given), null, right, false));
            }
        });
        return queries;
    }

    private static AiMessage message(Answer answer) {
        List<ToolExecutionRequest> calls = new ArrayList<>();
        for (Answer.Call c : answer.calls()) {
            calls.add(ToolExecutionRequest.builder().id("call_" + calls.size()).name(c.name()).arguments(c.arguments()).build());
        }
        AiMessage.Builder builder = AiMessage.builder().toolExecutionRequests(calls);
        String text = answer.text();
        return text == null ? builder.build() : builder.text(text).build();
    }
}
