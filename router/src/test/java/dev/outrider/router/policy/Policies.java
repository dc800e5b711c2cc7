package dev.outrider.router.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A policy with typed thresholds, which needs no calibrated model, with some of its text replaced. */
public final class Policies {

    private Policies() {}

    public static String typedText() {
        try (InputStream in = Policies.class.getResourceAsStream("typed-policy.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String changedText(String... oldAndNew) {
        String text = typedText();
        for (int i = 0; i < oldAndNew.length; i += 2) {
            assertThat(text).contains(oldAndNew[i]);
            text = text.replace(oldAndNew[i], oldAndNew[i + 1]);
        }
        return text;
    }

    public static Policy typed() {
        return Policy.parse("typed-policy.yaml", typedText());
    }

    public static Policy changed(String... oldAndNew) {
        return Policy.parse("test.yaml", changedText(oldAndNew));
    }
}
