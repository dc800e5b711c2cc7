package dev.outrider.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

import dev.outrider.router.policy.Policy;

/** The built-in policy as text, to change a line of. */
final class PolicyFiles {

    private PolicyFiles() {}

    static String defaults() throws IOException {
        try (InputStream in = Objects.requireNonNull(Policy.class.getResourceAsStream("default-policy.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
