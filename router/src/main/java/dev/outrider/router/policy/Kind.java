package dev.outrider.router.policy;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What a setting may hold: read with its place, written back, and said in words for the reference page.
 *
 * @param <T> its values
 */
interface Kind<T> {

    /** What may stand there, for people: {@code a duration}, {@code `off`, `on` or `auto`}. */
    String words();

    /**
     * Reads a value.
     *
     * @throws PolicyException when something else stands there
     */
    T read(Place place);

    /** The value as it would stand in a file. */
    JsonNode write(T value);

    /** The keys inside, when the value is a section or a list of sections. */
    default @Nullable Shape<?> inside() {
        return null;
    }
}
