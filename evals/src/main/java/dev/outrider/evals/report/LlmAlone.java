package dev.outrider.evals.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which cases the LLM alone has right: from the report of a run in which it answered them. */
public final class LlmAlone {

    private static final LlmAlone UNKNOWN = new LlmAlone(Map.of());

    private final Map<String, Boolean> right;

    private LlmAlone(Map<String, Boolean> right) {
        this.right = Map.copyOf(right);
    }

    /** Nothing beyond what the run itself shows. */
    public static LlmAlone unknown() {
        return UNKNOWN;
    }

    /** Verdicts by case. */
    public static LlmAlone of(Map<String, Boolean> right) {
        return new LlmAlone(right);
    }

    /**
     * The cases that the LLM answered in an earlier run, for example one whose policy says {@code then: escalate}.
     *
     * @throws IllegalArgumentException in one line when it is no report
     */
    public static LlmAlone ofReport(Path reportJson) {
        Map<String, Boolean> right = new HashMap<>();
        try {
            JsonNode rows = new ObjectMapper().readTree(Files.readString(reportJson)).path("rows");
            if (!rows.isArray()) {
                throw new IllegalArgumentException(reportJson + " is no report.json: it has no rows; name one that eval wrote");
            }
            for (JsonNode row : rows) {
                if (row.path("route").asText().equals("remote")) {
                    right.put(row.path("case").asText(), row.path("right").asBoolean());
                }
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(reportJson + " is no JSON (" + e.getOriginalMessage() + "); name a report.json", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(reportJson + " cannot be read (" + e.getMessage() + "); check its path", e);
        }
        return new LlmAlone(right);
    }

    @Nullable Boolean right(String caseId) {
        return right.get(caseId);
    }
}
