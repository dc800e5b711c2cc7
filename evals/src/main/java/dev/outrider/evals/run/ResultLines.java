package dev.outrider.evals.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.Answer;

/**
 * A result as one line of JSON, and back. Written and read token by token: a file may hold millions. Absent values are left out; keys
 * that are not known are skipped.
 */
final class ResultLines {

    /** Version of the form; raised when the meaning of a key changes. */
    static final int SCHEMA = 1;

    static final String RUN = "run";
    static final String SENT = "sent";
    static final String RESULT = "result";

    private static final JsonFactory JSON = new JsonFactory();

    private ResultLines() {}

    /** A result and how many seconds of work, over all starts of the run, were done when it was written. */
    record Timed(QueryResult result, double elapsed) {}

    static byte[] write(QueryResult r, double elapsed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("kind", RESULT);
            json.writeNumberField("elapsed", Math.round(elapsed * 1e3) / 1e3);
            json.writeStringField("case", r.caseId());
            json.writeStringField("suite", r.suite());
            json.writeStringField("category", r.category());
            json.writeStringField("task", r.task());
            json.writeStringField("cluster", r.cluster());
            json.writeBooleanField("expectsCall", r.expectsCall());
            if (!r.flags().isEmpty()) {
                json.writeArrayFieldStart("flags");
                for (String flag : r.flags()) {
                    json.writeString(flag);
                }
                json.writeEndArray();
            }
            json.writeStringField("question", r.question());
            json.writeStringField("expected", r.expected());
            json.writeStringField("route", r.route().name().toLowerCase(Locale.ROOT));
            text(json, "reason", r.reason());
            text(json, "detail", r.detail());
            json.writeBooleanField("right", r.right());
            text(json, "why", r.why());
            answer(json, "answer", r.said());
            QueryResult.Proposal local = r.local();
            if (local != null) {
                json.writeObjectFieldStart("local");
                json.writeBooleanField("right", local.right());
                text(json, "why", local.why());
                // an answer that was taken is not written twice
                answer(json, "answer", r.answeredLocally() ? null : local.said());
                json.writeEndObject();
            }
            if (r.confidence() != null) {
                json.writeNumberField("confidence", r.confidence());
            }
            json.writeNumberField("seconds", r.seconds());
            json.writeNumberField("promptTokens", r.promptTokens());
            json.writeNumberField("answerTokens", r.answerTokens());
            books(json, r.books());
            json.writeEndObject();
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    private static void text(JsonGenerator json, String key, @Nullable String text) throws IOException {
        if (text != null && !text.isEmpty()) {
            json.writeStringField(key, text);
        }
    }

    private static void answer(JsonGenerator json, String key, @Nullable Answer answer) throws IOException {
        if (answer == null) {
            return;
        }
        json.writeObjectFieldStart(key);
        if (answer.text() != null) {
            json.writeStringField("text", answer.text());
        }
        json.writeArrayFieldStart("calls");
        for (Answer.Call call : answer.calls()) {
            json.writeStartObject();
            json.writeStringField("name", call.name());
            json.writeStringField("arguments", call.arguments());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void books(JsonGenerator json, Books books) throws IOException {
        text(json, "ledgerId", books.ledgerId());
        text(json, "workload", books.workload());
        if (books.probability() != null) {
            json.writeNumberField("probability", books.probability());
        }
        json.writeNumberField("localMicroUsd", books.localMicroUsd());
        json.writeNumberField("failedLocalMicroUsd", books.failedLocalMicroUsd());
        json.writeNumberField("remoteMicroUsd", books.remoteMicroUsd());
        if (books.localSeconds() != null) {
            json.writeNumberField("localSeconds", books.localSeconds());
        }
        if (books.remoteSeconds() != null) {
            json.writeNumberField("remoteSeconds", books.remoteSeconds());
        }
        Books.Counted counted = books.counted();
        if (counted != null) {
            json.writeNumberField("inputTokens", counted.inputTokens());
            json.writeNumberField("outputTokens", counted.outputTokens());
        }
    }

    /** Whether a line, as it was written here, holds a result; cheaper than parsing it. */
    static boolean isResult(String line) {
        return line.startsWith("{\"kind\":\"" + RESULT + "\"");
    }

    /**
     * Reads a result.
     *
     * @throws IOException when the line is no result; the message says why
     */
    static Timed read(String line) throws IOException {
        Fields f = new Fields();
        try (JsonParser json = JSON.createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("is no JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                f.field(json);
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new IOException("is no JSON object");
            }
        }
        return new Timed(f.result(), f.elapsed);
    }

    /** What a line says, key by key. */
    private static final class Fields {

        private String caseId = "";
        private String suite = "";
        private String category = "";
        private String task = "";
        private String cluster = "";
        private boolean expectsCall;
        private List<String> flags = List.of();
        private String question = "";
        private String expected = "";
        private @Nullable Route route;
        private @Nullable String reason;
        private String detail = "";
        private boolean right;
        private String why = "";
        private @Nullable Answer answer;
        private boolean hasLocal;
        private boolean localRight;
        private String localWhy = "";
        private @Nullable Answer localAnswer;
        private @Nullable Double confidence;
        private double seconds;
        private long promptTokens;
        private long answerTokens;
        private @Nullable String ledgerId;
        private @Nullable String workload;
        private @Nullable Double probability;
        private long localMicroUsd;
        private long failedLocalMicroUsd;
        private long remoteMicroUsd;
        private @Nullable Double localSeconds;
        private @Nullable Double remoteSeconds;
        private long inputTokens = -1;
        private long outputTokens;
        private double elapsed;

        void field(JsonParser json) throws IOException {
            String key = json.currentName();
            json.nextToken();
            switch (key) {
                case "elapsed" -> elapsed = json.getDoubleValue();
                case "case" -> caseId = json.getText();
                case "suite" -> suite = json.getText();
                case "category" -> category = json.getText();
                case "task" -> task = json.getText();
                case "cluster" -> cluster = json.getText();
                case "expectsCall" -> expectsCall = json.getBooleanValue();
                case "flags" -> flags = texts(json);
                case "question" -> question = json.getText();
                case "expected" -> expected = json.getText();
                case "route" -> route = route(json.getText());
                case "reason" -> reason = json.getText();
                case "detail" -> detail = json.getText();
                case "right" -> right = json.getBooleanValue();
                case "why" -> why = json.getText();
                case "answer" -> answer = answer(json);
                case "local" -> local(json);
                case "confidence" -> confidence = json.getDoubleValue();
                case "seconds" -> seconds = json.getDoubleValue();
                case "promptTokens" -> promptTokens = json.getLongValue();
                case "answerTokens" -> answerTokens = json.getLongValue();
                case "ledgerId" -> ledgerId = json.getText();
                case "workload" -> workload = json.getText();
                case "probability" -> probability = json.getDoubleValue();
                case "localMicroUsd" -> localMicroUsd = json.getLongValue();
                case "failedLocalMicroUsd" -> failedLocalMicroUsd = json.getLongValue();
                case "remoteMicroUsd" -> remoteMicroUsd = json.getLongValue();
                case "localSeconds" -> localSeconds = json.getDoubleValue();
                case "remoteSeconds" -> remoteSeconds = json.getDoubleValue();
                case "inputTokens" -> inputTokens = json.getLongValue();
                case "outputTokens" -> outputTokens = json.getLongValue();
                default -> json.skipChildren();
            }
        }

        private void local(JsonParser json) throws IOException {
            hasLocal = true;
            object(json, key -> {
                switch (key) {
                    case "right" -> localRight = json.getBooleanValue();
                    case "why" -> localWhy = json.getText();
                    case "answer" -> localAnswer = answer(json);
                    default -> json.skipChildren();
                }
            });
        }

        QueryResult result() throws IOException {
            Route taken = route;
            if (caseId.isEmpty() || taken == null) {
                throw new IOException("names no case or no route");
            }
            Answer proposed = taken == Route.LOCAL ? answer : localAnswer;
            Answer said = answer;
            return new QueryResult(
                    caseId, suite, category, task, cluster, expectsCall, flags, question, expected, taken, reason, detail,
                    said == null ? "" : Prose.answer(QueryResults.message(said)), right, why,
                    hasLocal
                            ? new QueryResult.Proposal(
                                    proposed == null ? "" : Prose.answer(QueryResults.message(proposed)), localRight, localWhy, proposed)
                            : null,
                    confidence, seconds, promptTokens, answerTokens, said,
                    new Books(
                            ledgerId, workload, probability, localMicroUsd, failedLocalMicroUsd, remoteMicroUsd, localSeconds, remoteSeconds,
                            inputTokens < 0 ? null : new Books.Counted(inputTokens, outputTokens)),
                    null);
        }
    }

    /** What to do at a key, the parser standing on its value. */
    @FunctionalInterface
    private interface AtKey {
        void read(String key) throws IOException;
    }

    private static void object(JsonParser json, AtKey reader) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new IOException("holds something else than an object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            json.nextToken();
            reader.read(key);
        }
    }

    private static Answer answer(JsonParser json) throws IOException {
        String[] text = new String[1];
        List<Answer.Call> calls = new ArrayList<>(1);
        object(json, key -> {
            switch (key) {
                case "text" -> text[0] = json.getText();
                case "calls" -> {
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        calls.add(call(json));
                    }
                }
                default -> json.skipChildren();
            }
        });
        return new Answer(text[0], calls);
    }

    private static Answer.Call call(JsonParser json) throws IOException {
        String[] parts = {"", ""};
        object(json, key -> {
            switch (key) {
                case "name" -> parts[0] = json.getText();
                case "arguments" -> parts[1] = json.getText();
                default -> json.skipChildren();
            }
        });
        return new Answer.Call(parts[0], parts[1]);
    }

    private static List<String> texts(JsonParser json) throws IOException {
        List<String> texts = new ArrayList<>();
        while (json.nextToken() == JsonToken.VALUE_STRING) {
            texts.add(json.getText());
        }
        return texts;
    }

    private static Route route(String name) throws IOException {
        for (Route route : Route.values()) {
            if (route.name().equalsIgnoreCase(name)) {
                return route;
            }
        }
        throw new IOException("has the unknown route " + name);
    }
}
