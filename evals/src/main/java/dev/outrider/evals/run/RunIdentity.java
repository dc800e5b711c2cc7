package dev.outrider.evals.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.ToolDefinition;

/**
 * What makes two starts the same run, so that the second may go on where the first was killed. Results of different models, policies
 * or cases must never be added up.
 *
 * @param title the suites' names
 * @param cases digest of the cases, their tools and their gold answers
 * @param planned how many there are
 * @param model the SLM
 * @param policy version of the policy
 * @param llm who answers escalated queries, and how
 * @param seed of everything drawn by chance
 * @param judge the LLM that judges replies; empty without one
 */
public record RunIdentity(String title, String cases, int planned, String model, String policy, String llm, long seed, String judge) {

    /** The same run, judged by an LLM. */
    public RunIdentity withJudge(String name) {
        return new RunIdentity(title, cases, planned, model, policy, llm, seed, name);
    }

    /** The identity of a run of these cases, judged by their rules. */
    public static RunIdentity of(RunInfo info, List<EvalCase> cases) {
        var simulation = info.llm().simulation();
        return new RunIdentity(
                info.title(),
                digest(cases),
                cases.size(),
                info.localModel(),
                info.policy().version(),
                info.llm().name() + (simulation == null ? "" : ": " + simulation.describe())
                        + (info.llm().replayedFrom() == null ? "" : " (replayed)"),
                info.seed(),
                "");
    }

    ObjectNode toJson() {
        ObjectNode node = Json.object();
        fields().forEach(node::put);
        return node;
    }

    /** The first thing that differs from a written identity, for people; empty when it is the same run. */
    Optional<String> difference(JsonNode written) {
        for (var field : fields().entrySet()) {
            String before = written.path(field.getKey()).asText();
            if (!before.equals(field.getValue())) {
                return Optional.of(field.getKey().equals("cases")
                        ? "other cases"
                        : field.getKey() + " " + named(before) + ", now " + named(field.getValue()));
            }
        }
        return Optional.empty();
    }

    private static String named(String value) {
        return value.isEmpty() ? "none" : value;
    }

    private Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("title", title);
        fields.put("planned", Integer.toString(planned));
        fields.put("model", model);
        fields.put("policy", policy);
        fields.put("llm", llm);
        fields.put("seed", Long.toString(seed));
        fields.put("judge", judge);
        fields.put("cases", cases);
        return fields;
    }

    private static String digest(List<EvalCase> cases) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (EvalCase c : cases) {
                String tools = String.join(" ", c.tools().stream().map(ToolDefinition::name).toList());
                sha.update((c.id() + '\n' + c.messages() + '\n' + tools + '\n' + c.expected() + '\n' + c.rule() + '\n')
                        .getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(sha.digest(), 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
