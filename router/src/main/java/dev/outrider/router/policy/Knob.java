package dev.outrider.router.policy;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting, described once: the reader, the writer, the reference page and the search for misspelt keys all live on
 * this description.
 *
 * @param <R> the record that holds the setting
 * @param <T> the setting's values
 */
final class Knob<R, T> {

    private final String key;
    private final Kind<T> kind;
    private final boolean required;
    private final @Nullable T otherwise;
    private final Function<R, @Nullable T> getter;
    private final String doc;

    private Knob(
            String key,
            Kind<T> kind,
            boolean required,
            @Nullable T otherwise,
            Function<R, @Nullable T> getter,
            String doc) {
        this.key = key;
        this.kind = kind;
        this.required = required;
        this.otherwise = otherwise;
        this.getter = getter;
        this.doc = doc;
    }

    /** A setting without which there is no policy. */
    static <R, T> Knob<R, T> required(String key, Kind<T> kind, Function<R, @Nullable T> getter, String doc) {
        return new Knob<>(key, kind, true, null, getter, doc);
    }

    /** A setting that holds this value when nothing is said. */
    static <R, T> Knob<R, T> of(String key, Kind<T> kind, T otherwise, Function<R, @Nullable T> getter, String doc) {
        return new Knob<>(key, kind, false, otherwise, getter, doc);
    }

    /** A setting that may be absent altogether. */
    static <R, T> Knob<R, T> optional(String key, Kind<T> kind, Function<R, @Nullable T> getter, String doc) {
        return new Knob<>(key, kind, false, null, getter, doc);
    }

    /** A section all of whose settings have defaults. */
    static <R, S> Knob<R, S> section(String key, Shape<S> shape, Function<R, @Nullable S> getter, String doc) {
        return new Knob<>(key, Kinds.section(shape), false, shape.defaults(), getter, doc);
    }

    String key() {
        return key;
    }

    Kind<T> kind() {
        return kind;
    }

    boolean required() {
        return required;
    }

    /** What holds when nothing is said; null when the setting is required or may be absent. */
    @Nullable T otherwise() {
        return otherwise;
    }

    @Nullable T in(R record) {
        return getter.apply(record);
    }

    String doc() {
        return doc;
    }
}
