package dev.outrider.evals.match;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

import dev.outrider.evals.Shared;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;

class BfclVectorsTest {

    @Test
    void theVerdictOnEveryOfficialVectorIsTheOfficialCheckersVerdict() throws IOException {
        Path dev = Shared.devSuites();
        Map<String, EvalCase> cases = new HashMap<>();
        for (String name : List.of("bfcl_live", "bfcl_nonlive")) {
            Suite.load(dev.resolve(name + ".jsonl")).cases().forEach(c -> cases.put(c.id(), c));
        }
        List<String> different = new ArrayList<>();
        int vectors = 0;
        for (String line : Files.readAllLines(dev.resolve("bfcl_matching_vectors.jsonl"))) {
            JsonNode vector = Json.read(line);
            String id = vector.get("case_id").asText();
            EvalCase c = Objects.requireNonNull(cases.get(id), id);
            Verdict verdict = new BfclAstMatcher().match(c, (Expected.Calls) c.expected(), calls(vector.get("calls")));
            vectors++;
            if (verdict.right() != vector.get("accept").asBoolean()) {
                different.add(line + " -> " + verdict);
            }
        }
        assertThat(different).isEmpty();
        assertThat(vectors).isEqualTo(1237);
    }

    private static List<ModelCall> calls(JsonNode calls) {
        List<ModelCall> list = new ArrayList<>();
        calls.forEach(c -> list.add(new ModelCall(c.get("name").asText(), (ObjectNode) c.get("arguments"))));
        return list;
    }
}
