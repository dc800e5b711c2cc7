package dev.outrider.router.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The reference page of the policy file, made from the very descriptions that read it. */
public final class PolicyReference {

    private static final String HEAD =
            """
            # The policy file

            <!-- Made by `outrider policy reference`; change the descriptions in the code, not this page. -->

            One YAML file says how the cascade decides. `Policy.load(path)` reads it; without one the built-in
            [`default-policy.yaml`](../router/src/main/resources/dev/outrider/router/policy/default-policy.yaml) holds, which is a
            good file to start from. A file that has an unknown key, a value that cannot be or no price is not used at all: the
            error is one line with file, line and column.

            ```
            shop.yaml:7:5: unknown key models.local.usd-per-our; did you mean usd-per-hour? (known here: usd-per-hour)
            ```

            - `outrider policy check FILE` reads it and shows what it demands; `--full` prints it with every default spelled out.
            - `outrider policy explain --policy FILE "request"` says what would happen to a request, and why, without sending
              anything anywhere.
            - A running process that was given a `ReloadingPolicy` takes up a changed file by itself, between two queries. A file
              that cannot be used changes nothing; the reason is logged once.

            Times are written `500ms`, `30s`, `5m`, `2h` or `1d`. Money is in US dollars. Where a list of words is wanted, one word
            may stand without brackets.

            """;

    private PolicyReference() {}

    /** The page, Markdown. */
    public static String markdown() {
        StringBuilder page = new StringBuilder(HEAD);
        Map<String, Shape<?>> sections = new LinkedHashMap<>();
        sections.put("", PolicyKnobs.POLICY);
        collect("", PolicyKnobs.POLICY, sections);
        sections.forEach((path, shape) -> page.append(section(path, shape)));
        return page.toString().stripTrailing() + "\n";
    }

    private static void collect(String path, Shape<?> shape, Map<String, Shape<?>> sections) {
        for (Knob<?, ?> knob : shape.knobs()) {
            Shape<?> inside = knob.kind().inside();
            if (inside != null) {
                String inner = path.isEmpty() ? knob.key() : path + "." + knob.key();
                sections.put(inner, inside);
                collect(inner, inside, sections);
            }
        }
    }

    private static String section(String path, Shape<?> shape) {
        List<String> lines = new ArrayList<>();
        lines.add("## " + (path.isEmpty() ? "Top level" : "`" + path + "`"));
        lines.add("");
        lines.add(shape.doc());
        lines.add("");
        lines.add("| key | holds | default | meaning |");
        lines.add("|---|---|---|---|");
        for (Knob<?, ?> knob : shape.knobs()) {
            lines.add("| `" + knob.key() + "` | " + knob.kind().words() + " | " + defaultOf(knob) + " | " + knob.doc() + " |");
        }
        return String.join("\n", lines) + "\n\n";
    }

    private static <T> String defaultOf(Knob<?, T> knob) {
        T otherwise = knob.otherwise();
        if (knob.required()) {
            return "**needed**";
        }
        if (otherwise == null || knob.kind().inside() != null) {
            return "–";
        }
        return text(knob.kind().write(otherwise));
    }

    private static String text(@Nullable JsonNode node) {
        return node == null || node.isContainerNode() && node.isEmpty() ? "–" : "`" + node.asText() + "`";
    }
}
