package dev.outrider.evals.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.match.LlmJudge;
import dev.outrider.evals.suite.Json;

/**
 * What a judge was asked, what it said and what it cost. A {@link RunLog} keeps these books on disk: a line before a call leaves, one
 * when it is answered, one with what came of a reply. So no reply is judged and paid twice, and a call whose end nobody knows counts as
 * spent. Safe for many threads.
 */
public final class JudgeBooks {

    private static final String JUDGING = "judging";
    private static final String JUDGED = "judged";
    private static final String VERDICT = "verdict";

    private final Consumer<ObjectNode> lines;
    private final Map<Long, Long> open = new HashMap<>();
    private final Map<String, LlmJudge.Outcome> outcomes = new HashMap<>();
    private long calls;
    private long inputTokens;
    private long outputTokens;
    private long microUsd;

    /**
     * @param lines takes every line before the call goes on
     */
    JudgeBooks(Consumer<ObjectNode> lines) {
        this.lines = lines;
    }

    /** Books that end with the process. */
    public static JudgeBooks inMemory() {
        return new JudgeBooks(line -> {});
    }

    /** Whether a line of an earlier start was one of these books; then it is taken over. */
    synchronized boolean read(JsonNode line) {
        switch (line.path("kind").asText()) {
            case JUDGING -> {
                calls = Math.max(calls, line.path("call").asLong());
                open.put(line.path("call").asLong(), line.path("microUsd").asLong());
            }
            case JUDGED -> {
                open.remove(line.path("call").asLong());
                add(line.path("inputTokens").asLong(), line.path("outputTokens").asLong(), line.path("microUsd").asLong());
            }
            case VERDICT -> {
                for (LlmJudge.Outcome outcome : LlmJudge.Outcome.values()) {
                    if (name(outcome).equals(line.path("outcome").asText())) {
                        outcomes.put(line.path("case").asText() + ' ' + line.path("reply").asText(), outcome);
                    }
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /**
     * A call is about to leave.
     *
     * @param worstMicroUsd the most that it may cost
     * @return its number
     */
    synchronized long sending(String caseId, long worstMicroUsd) {
        long call = calls + 1;
        lines.accept(Json.object().put("kind", JUDGING).put("case", caseId).put("call", call).put("microUsd", worstMicroUsd));
        calls = call;
        open.put(call, worstMicroUsd);
        return call;
    }

    /** A call came to its end, with an answer or without one. */
    synchronized void ended(long call, long input, long output, long cost) {
        lines.accept(Json.object()
                .put("kind", JUDGED)
                .put("call", call)
                .put("inputTokens", input)
                .put("outputTokens", output)
                .put("microUsd", cost));
        open.remove(call);
        add(input, output, cost);
    }

    private void add(long input, long output, long cost) {
        inputTokens += input;
        outputTokens += output;
        microUsd += cost;
    }

    /** What came of this reply before; null when it was never judged. */
    synchronized LlmJudge.@Nullable Outcome known(String caseId, String reply) {
        return outcomes.get(caseId + ' ' + digest(reply));
    }

    synchronized void found(String caseId, String reply, LlmJudge.Outcome outcome) {
        String digest = digest(reply);
        lines.accept(Json.object().put("kind", VERDICT).put("case", caseId).put("reply", digest).put("outcome", name(outcome)));
        outcomes.put(caseId + ' ' + digest, outcome);
    }

    /** All money, with what is set aside for calls without an end. */
    synchronized long microUsd() {
        return microUsd + open.values().stream().mapToLong(Long::longValue).sum();
    }

    /** For the report. */
    synchronized JudgeUse use(String model) {
        Map<LlmJudge.Outcome, Integer> counts = new EnumMap<>(LlmJudge.Outcome.class);
        outcomes.values().forEach(o -> counts.merge(o, 1, Integer::sum));
        return new JudgeUse(model, counts, calls, inputTokens, outputTokens, microUsd());
    }

    private static String name(LlmJudge.Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private static String digest(String reply) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(reply.getBytes(StandardCharsets.UTF_8)), 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
