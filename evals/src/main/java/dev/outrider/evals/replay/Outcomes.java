package dev.outrider.evals.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known from outside about the SLM's answers of a ledger: whether each was right. From JSON lines {@code {"id":
 * "<query>", "localRight": true}}, or from the {@code report.json} of a run that wrote the ledger.
 */
public final class Outcomes {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Boolean> localRight;

    private Outcomes(Map<String, Boolean> localRight) {
        this.localRight = Map.copyOf(localRight);
    }

    /** Nothing is known. */
    public static Outcomes none() {
        return new Outcomes(Map.of());
    }

    /**
     * Reads a file.
     *
     * @throws ReplayException in one line, with the line's number, when it is neither
     */
    public static Outcomes load(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ReplayException("there is no file of outcomes " + file + "; check --outcomes");
        } catch (IOException e) {
            throw new ReplayException(file + " cannot be read (" + e.getMessage() + "); check --outcomes");
        }
        Map<String, Boolean> known = new HashMap<>();
        JsonNode report = whole(text);
        if (report != null) {
            for (JsonNode row : report.get("rows")) {
                // a row without an id of the ledger, or without an attempt of the SLM, says nothing
                if (row.path("ledgerId").isTextual() && row.path("localRight").isBoolean()) {
                    known.put(row.get("ledgerId").asText(), row.get("localRight").asBoolean());
                }
            }
            return new Outcomes(known);
        }
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                read(file + ":" + (i + 1), lines.get(i), known);
            }
        }
        return new Outcomes(known);
    }

    private static void read(String place, String line, Map<String, Boolean> known) {
        String form = place + " is no outcome; write {\"id\": \"<id of the ledger>\", \"localRight\": true}, or name a report.json";
        try {
            JsonNode node = JSON.readTree(line);
            if (!node.path("id").isTextual() || !node.path("localRight").isBoolean()) {
                throw new ReplayException(form);
            }
            known.put(node.get("id").asText(), node.get("localRight").asBoolean());
        } catch (JsonProcessingException e) {
            throw new ReplayException(form);
        }
    }

    private static @Nullable JsonNode whole(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            return node != null && node.path("rows").isArray() ? node : null;
        } catch (JsonProcessingException e) {
            // several lines are no one value
            return null;
        }
    }

    /** Whether the SLM's answer to a query was right; null when nobody says. */
    public @Nullable Boolean localRight(String id) {
        return localRight.get(id);
    }

    public int size() {
        return localRight.size();
    }
}
