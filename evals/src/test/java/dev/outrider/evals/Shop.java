package dev.outrider.evals;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;

/** A small suite with every kind of case, for tests. */
public final class Shop {

    private Shop() {}

    public static Suite suite() {
        return Suite.load(file());
    }

    public static Path file() {
        try {
            return Path.of(Objects.requireNonNull(Shop.class.getResource("/dev/outrider/evals/suites/shop.jsonl")).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public static EvalCase evalCase(String id) {
        return suite().cases().stream().filter(c -> c.id().equals("shop/" + id)).findFirst().orElseThrow();
    }
}
