package dev.outrider.router.policy;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The settings of one section as they were read, by their knobs. */
final class Values {

    private final Map<Knob<?, ?>, Object> values = new IdentityHashMap<>();

    <T> void put(Knob<?, T> knob, T value) {
        values.put(knob, value);
    }

    /** The value of a setting that is required or has a default. */
    <T> T get(Knob<?, T> knob) {
        return Objects.requireNonNull(find(knob), knob.key());
    }

    /** The value of a setting that may be absent. */
    @SuppressWarnings("unchecked") // put under its own knob, hence of the knob's type
    <T> @Nullable T find(Knob<?, T> knob) {
        return (T) values.get(knob);
    }
}
