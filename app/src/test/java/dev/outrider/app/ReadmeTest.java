package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;

/** What the README says is so. */
final class ReadmeTest {

    @TempDir
    private Path temp;

    @Test
    void itsExampleIsTheOneThatIsCompiled() throws Exception {
        String source = Files.readString(
                Repository.root().resolve("app/src/test/java/dev/outrider/app/EmbeddingExample.java"));
        String region = source.substring(source.indexOf("// @start region=example\n") + "// @start region=example\n".length(),
                source.indexOf("    // @end"));

        assertThat(readme()).contains("```java\n" + region.stripTrailing().stripIndent() + "\n```");
    }

    @Test
    void itsExampleRuns() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        String request = "Do we have a Tomas Kowalski on file? Need his customer number for a form.";
        try (SimulatedLlm llm = SimulatedLlm.start(Suite.desk().cases(), SimulatedLlmBehaviour.perfect())) {
            String answer = EmbeddingExample.ask(
                    request,
                    temp,
                    Map.of("OUTRIDER_LLM_URL", llm.baseUrl().toString(), "OUTRIDER_LLM_MODEL", SimulatedLlm.MODEL));

            assertThat(answer).isNotBlank();
            assertThat(Files.readAllLines(temp.resolve("ledger.jsonl"))).isNotEmpty();
        }
    }

    @Test
    void itsLinksLeadSomewhere() throws Exception {
        List<String> broken = new ArrayList<>();
        for (MatchResult link : Pattern.compile("\\]\\((?!https?:|#)([^)#]+)").matcher(readme()).results().toList()) {
            if (!Files.exists(Repository.root().resolve(link.group(1)))) {
                broken.add(link.group(1));
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void itNamesEveryCommandThereIs() throws Exception {
        assertThat(readme())
                .contains("./outrider demo", "./outrider run", "./outrider eval", "./outrider policy check", "./outrider slm info",
                        "slm generate", "slm tokenize", "slm logits", "slm bench");
    }

    private static String readme() throws Exception {
        return Files.readString(Repository.root().resolve("README.md"));
    }
}
