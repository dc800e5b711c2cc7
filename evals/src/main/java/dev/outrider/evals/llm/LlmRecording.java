package dev.outrider.evals.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.SuiteException;

/**
 * What an LLM answered to which request, in a file of JSON lines: the first names the model, every further one holds the digest of a
 * request and the answer as it came over the wire, the tokens it counted included. The same request asked again takes the next answer
 * that was recorded for it, and the last one for ever after. A line is on disk before the answer is handed out. Safe for many threads.
 */
final class LlmRecording implements AutoCloseable {

    private static final int SCHEMA = 1;
    private static final JsonMapper SORTED =
            JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

    private final String model;
    private final Map<String, List<String>> answers = new HashMap<>();
    private final Map<String, Integer> taken = new HashMap<>();
    private final @Nullable FileOutputStream out;

    private LlmRecording(String model, @Nullable FileOutputStream out) {
        this.model = model;
        this.out = out;
    }

    /**
     * Reads a recording to replay it.
     *
     * @throws SuiteException when the file is no recording; names the line
     */
    static LlmRecording read(Path file) {
        return read(file, null, null);
    }

    /**
     * Opens a recording to add to it, and makes it where it is missing.
     *
     * @throws SuiteException when the file is no recording, or one of another model
     */
    static LlmRecording append(Path file, String model) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            boolean empty = !Files.exists(file) || Files.size(file) == 0;
            if (empty) {
                Files.writeString(file, Json.write(Json.object().put("kind", "llm-recording").put("schema", SCHEMA).put("model", model)) + "\n");
            }
            return read(file, model, new FileOutputStream(file.toFile(), true));
        } catch (IOException e) {
            throw SuiteException.of(file.toString(), "cannot be written (" + e.getMessage() + "); name another file");
        }
    }

    private static LlmRecording read(Path file, @Nullable String expected, @Nullable FileOutputStream out) {
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            LlmRecording recording = null;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                JsonNode node = Json.read(line);
                if (recording == null) {
                    recording = new LlmRecording(model(file, node, expected), out);
                } else if (node.path("request").isTextual() && node.path("answer").isObject()) {
                    recording.keep(node.path("request").asText(), Json.write(node.path("answer")));
                } else {
                    throw broken(file, number, "holds no request and answer");
                }
            }
            if (recording == null) {
                throw SuiteException.of(file.toString(), "is empty; record an LLM first with --record");
            }
            return recording;
        } catch (JsonProcessingException e) {
            throw broken(file, number, "is no JSON: " + Json.problem(e));
        } catch (NoSuchFileException e) {
            throw SuiteException.of(file.toString(), "does not exist; record an LLM first with --record");
        } catch (IOException e) {
            throw SuiteException.of(file.toString(), "cannot be read (" + e.getMessage() + ")");
        }
    }

    private static SuiteException broken(Path file, int number, String what) {
        return SuiteException.of(file + ":" + number, what + "; remove the line, and the request is asked again by the next --record");
    }

    private static String model(Path file, JsonNode head, @Nullable String expected) {
        if (!head.path("kind").asText().equals("llm-recording")) {
            throw SuiteException.of(file + ":1", "is no recording of an LLM; name another file");
        }
        if (head.path("schema").asInt() != SCHEMA) {
            throw SuiteException.of(file + ":1", "is of version " + head.path("schema").asText() + ", this Outrider reads version "
                    + SCHEMA + "; record again");
        }
        String model = head.path("model").asText();
        if (expected != null && !model.equals(expected)) {
            throw SuiteException.of(file.toString(), "holds answers of " + model + ", not of " + expected + "; name another file");
        }
        return model;
    }

    private synchronized void keep(String request, String answer) {
        answers.computeIfAbsent(request, r -> new ArrayList<>()).add(answer);
    }

    /** The model that answered. */
    String model() {
        return model;
    }

    /** How many answers there are. */
    synchronized int size() {
        return answers.values().stream().mapToInt(List::size).sum();
    }

    /**
     * The next recorded answer to a request.
     *
     * @param again whether the last one may be given again when all were given
     */
    synchronized Optional<String> next(JsonNode request, boolean again) {
        String key = key(request);
        List<String> recorded = answers.getOrDefault(key, List.of());
        int n = taken.merge(key, 1, Integer::sum) - 1;
        return n < recorded.size() ? Optional.of(recorded.get(n))
                : again && !recorded.isEmpty() ? Optional.of(recorded.getLast()) : Optional.empty();
    }

    /** Writes an answer down. */
    synchronized void add(JsonNode request, String answer) throws IOException {
        if (out == null) {
            throw new IllegalStateException("opened to be read");
        }
        String key = key(request);
        String line = Json.write(Json.object().put("request", key).set("answer", Json.read(answer)));
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        keep(key, answer);
    }

    private static String key(JsonNode request) {
        try {
            String canonical = SORTED.writeValueAsString(SORTED.treeToValue(request, TreeMap.class));
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(canonical.getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (JsonProcessingException | NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (out != null) {
            out.close();
        }
    }
}
