package dev.outrider.evals.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which cases the LLM alone has right: from the report of a run in which it answered them. */
public final class LlmAlone {

    private static final LlmAlone UNKNOWN = new LlmAlone(Map.of(), "");

    private final Map<String, Boolean> right;
    private final String source;

    private LlmAlone(Map<String, Boolean> right, String source) {
        this.right = Map.copyOf(right);
        this.source = source;
    }

    /** Nothing beyond what the run itself shows. */
    public static LlmAlone unknown() {
        return UNKNOWN;
    }

    /** Verdicts by case. */
    public static LlmAlone of(Map<String, Boolean> right) {
        return new LlmAlone(right, "verdicts that were given");
    }

    /**
     * The cases that the LLM answered in an earlier run, for example one whose policy says {@code then: escalate}. Cases whose gold
     * answer is flagged as faulty are left out.
     *
     * @param report a {@code report.json}, or the folder it lies in
     * @throws IllegalArgumentException in one line when it is no report, lists only a part of its queries, or has none that the LLM answered
     */
    public static LlmAlone ofReport(Path report) {
        Path file = Files.isDirectory(report) ? report.resolve("report.json") : report;
        Map<String, Boolean> right = new HashMap<>();
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + " is no JSON (" + e.getOriginalMessage() + "); name a report.json", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read; name a report.json of outrider eval, or its folder", e);
        }
        JsonNode rows = root.path("rows");
        if (!rows.isArray()) {
            throw new IllegalArgumentException(file + " is no report.json: it has no rows; name one that eval wrote");
        }
        if (root.path("rowsLeftOut").asInt() > 0) {
            throw new IllegalArgumentException(file + " lists a part of its queries only, so the others would have no pair; run the suite in"
                    + " parts of at most " + JsonReport.MOST_ROWS + " queries");
        }
        for (JsonNode row : rows) {
            if (row.path("route").asText().equals("remote") && row.path("flags").isEmpty()) {
                right.put(row.path("case").asText(), row.path("right").asBoolean());
            }
        }
        if (right.isEmpty()) {
            throw new IllegalArgumentException(file + " has no query that an LLM answered; name a run whose policy says 'then: escalate'");
        }
        String llm = root.path("llmSimulated").asBoolean() ? "an LLM that was SIMULATED" : root.path("llm").asText();
        return new LlmAlone(right, "a run of " + llm + " (" + report + ")");
    }

    /**
     * The same, about the cases of one run.
     *
     * @throws IllegalArgumentException in one line when there is none of them in it
     */
    public LlmAlone about(Collection<String> cases) {
        Map<String, Boolean> some = new HashMap<>(right);
        some.keySet().retainAll(cases);
        if (some.isEmpty()) {
            throw new IllegalArgumentException(source + " has no case in common with this one; name one of the same suite and sample");
        }
        return new LlmAlone(some, source);
    }

    @Nullable Boolean right(String caseId) {
        return right.get(caseId);
    }

    /** Where the verdicts come from, for a reader; empty when there are none. */
    String source() {
        return source;
    }
}
