package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The default policy with some of its text replaced. */
final class Policies {

    private Policies() {}

    static String defaultText() {
        try (InputStream in = Policy.class.getResourceAsStream("default-policy.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String changedText(String... oldAndNew) {
        String text = defaultText();
        for (int i = 0; i < oldAndNew.length; i += 2) {
            assertThat(text).contains(oldAndNew[i]);
            text = text.replace(oldAndNew[i], oldAndNew[i + 1]);
        }
        return text;
    }

    static Policy changed(String... oldAndNew) {
        return PolicyReader.read("test.yaml", changedText(oldAndNew));
    }
}
