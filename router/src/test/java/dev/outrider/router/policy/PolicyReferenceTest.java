package dev.outrider.router.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PolicyReferenceTest {

    private static Path page() {
        String root = System.getProperty("outrider.root");
        return (root == null ? Path.of("..") : Path.of(root)).resolve("docs").resolve("policy.md");
    }

    @Test
    void the_committed_page_is_the_one_that_the_code_makes() throws IOException {
        assertThat(Files.readString(page()))
                .as("docs/policy.md is out of date: ./outrider policy reference > docs/policy.md")
                .isEqualTo(PolicyReference.markdown());
    }

    @Test
    void every_setting_of_a_written_policy_stands_on_the_page() {
        String page = PolicyReference.markdown();
        new RandomPolicy(1).policy().toYaml().lines()
                .map(line -> line.strip().replaceFirst("^- ", ""))
                .filter(line -> line.matches("[a-z-]+:.*"))
                .map(line -> line.substring(0, line.indexOf(':')))
                .filter(key -> !key.equals("a"))
                .distinct()
                .forEach(key -> assertThat(page).contains("| `" + key + "` |"));
    }
}
