package dev.outrider.router.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class PolicyRoundTripTest {

    private static final YAMLMapper YAML = new YAMLMapper();

    @RepeatedTest(6)
    void any_policy_that_is_written_is_read_back_as_it_was() {
        long seed = new Random().nextLong();
        RandomPolicy random = new RandomPolicy(seed);
        for (int i = 0; i < 10; i++) {
            Policy policy = random.policy();
            String yaml = policy.toYaml();
            assertThat(Policy.parse("written.yaml", yaml)).as("seed %d\n%s", seed, yaml).isEqualTo(policy);
        }
    }

    @RepeatedTest(6)
    void a_key_that_nobody_knows_is_found_wherever_it_stands() throws IOException {
        long seed = new Random().nextLong();
        RandomPolicy random = new RandomPolicy(seed);
        JsonNode tree = YAML.readTree(random.policy().toYaml());
        List<ObjectNode> sections = new ArrayList<>();
        collect(tree, sections);
        ObjectNode victim = sections.get(new Random(seed).nextInt(sections.size()));
        victim.put("nobody-knows-me", 1);
        assertThatThrownBy(() -> Policy.parse("broken.yaml", YAML.writeValueAsString(tree)))
                .as("seed %d", seed)
                .isInstanceOf(PolicyException.class)
                .hasMessageMatching("broken\\.yaml:\\d+:\\d+: unknown key .*nobody-knows-me.*known here: .*");
    }

    @RepeatedTest(6)
    void a_value_of_another_kind_is_told_with_its_place_and_nothing_else_is_thrown() throws IOException {
        long seed = new Random().nextLong();
        Random chance = new Random(seed);
        JsonNode tree = YAML.readTree(new RandomPolicy(seed).policy().toYaml());
        List<ObjectNode> sections = new ArrayList<>();
        collect(tree, sections);
        ObjectNode victim = sections.get(chance.nextInt(sections.size()));
        List<String> keys = new ArrayList<>();
        victim.fieldNames().forEachRemaining(keys::add);
        String key = keys.get(chance.nextInt(keys.size()));
        // an object inside a list inside a list is nothing that any setting holds
        victim.putArray(key).addArray().addObject().put("x", 1);
        assertThatThrownBy(() -> Policy.parse("broken.yaml", YAML.writeValueAsString(tree)))
                .as("seed %d, key %s", seed, key)
                .isInstanceOf(PolicyException.class)
                .hasMessageMatching("broken\\.yaml:\\d+:\\d+: .*must .*");
    }

    @Test
    void the_built_in_policy_survives_the_way_there_and_back() {
        assertThat(Policy.parse("written.yaml", Policy.defaults().toYaml())).isEqualTo(Policy.defaults());
    }

    private static void collect(JsonNode node, List<ObjectNode> sections) {
        if (node instanceof ObjectNode section && !section.isEmpty()) {
            sections.add(section);
        }
        if (node instanceof ObjectNode || node instanceof ArrayNode) {
            node.forEach(child -> collect(child, sections));
        }
    }
}
