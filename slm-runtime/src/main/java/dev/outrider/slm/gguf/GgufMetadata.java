package dev.outrider.slm.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The keys and values of a GGUF file. Every getter throws a {@link GgufException} that names the file and the key when the key
 * is missing or holds another kind of value; the {@code find…} forms return empty for a missing key only. Independent of the
 * file once read.
 */
public final class GgufMetadata {

    private final String file;
    private final Map<String, GgufValue> values;

    GgufMetadata(String file, Map<String, GgufValue> values) {
        this.file = file;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * Metadata without a file, for tests and tools.
     *
     * @param file what messages call the source
     * @param values String, Boolean, Integer, Long, Float, Double, {@code List<String>}, {@code int[]} or {@code float[]}
     */
    public static GgufMetadata of(String file, Map<String, ?> values) {
        Map<String, GgufValue> converted = new LinkedHashMap<>();
        values.forEach((key, value) -> converted.put(key, convert(key, value)));
        return new GgufMetadata(file, converted);
    }

    private static GgufValue convert(String key, Object value) {
        return switch (value) {
            case String text -> new GgufValue.Text(text);
            case Boolean flag -> new GgufValue.Flag(flag);
            case Integer number -> new GgufValue.Whole(number);
            case Long number -> new GgufValue.Whole(number);
            case Float number -> new GgufValue.Real(number);
            case Double number -> new GgufValue.Real(number);
            case List<?> texts ->
                new GgufValue.Texts(texts.stream().map(String.class::cast).toList());
            case int[] numbers -> {
                ByteBuffer raw = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
                raw.asIntBuffer().put(numbers);
                yield new GgufValue.Numbers(ValueType.INT32, raw.array());
            }
            case float[] numbers -> {
                ByteBuffer raw = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
                raw.asFloatBuffer().put(numbers);
                yield new GgufValue.Numbers(ValueType.FLOAT32, raw.array());
            }
            default -> throw new IllegalArgumentException(key + ": no metadata type for " + value.getClass());
        };
    }

    /**
     * All values as {@link #of} takes them; integers are ints where they fit, arrays of numbers int[] or float[].
     *
     * @throws GgufException for arrays of integers beyond 32 bits and arrays of arrays
     */
    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        values.forEach((key, value) -> map.put(
                key,
                switch (value) {
                    case GgufValue.Text(String text) -> text;
                    case GgufValue.Flag(boolean flag) -> flag;
                    case GgufValue.Whole(long number) when number == (int) number -> (int) number;
                    case GgufValue.Whole(long number) -> number;
                    case GgufValue.Real(double number) when number == (float) number -> (float) number;
                    case GgufValue.Real(double number) -> number;
                    case GgufValue.Texts(List<String> texts) -> texts;
                    case GgufValue.Numbers numbers -> numbers.type().real() ? floats(key) : integers(key);
                    case GgufValue.Nested _ -> this.<Object>wrong(key, "no array of arrays");
                }));
        return map;
    }

    /** What messages call the source: the file's path. */
    public String file() {
        return file;
    }

    /** All keys, in the order of the file. */
    public Set<String> keys() {
        return values.keySet();
    }

    public boolean contains(String key) {
        return values.containsKey(key);
    }

    /** Whether the value of this key is an array; false for a missing key. */
    public boolean isArray(String key) {
        return switch (values.get(key)) {
            case GgufValue.Texts _, GgufValue.Numbers _, GgufValue.Nested _ -> true;
            case null, default -> false;
        };
    }

    public String string(String key) {
        return get(key) instanceof GgufValue.Text(String value) ? value : wrong(key, "a string");
    }

    public Optional<String> findString(String key) {
        return contains(key) ? Optional.of(string(key)) : Optional.empty();
    }

    public boolean bool(String key) {
        return get(key) instanceof GgufValue.Flag(boolean value) ? value : this.<Boolean>wrong(key, "a boolean");
    }

    public boolean bool(String key, boolean fallback) {
        return contains(key) ? bool(key) : fallback;
    }

    /** An integer of any stored width; an unsigned 64-bit value above the range of long comes out negative. */
    public long integer(String key) {
        return get(key) instanceof GgufValue.Whole(long value) ? value : this.<Long>wrong(key, "an integer");
    }

    public Optional<Long> findInteger(String key) {
        return contains(key) ? Optional.of(integer(key)) : Optional.empty();
    }

    /** An integer that must lie in [least, most]. */
    public int integer(String key, int least, int most) {
        long value = integer(key);
        if (value < least || value > most) {
            throw error(key, "must be in [" + least + ", " + most + "] but is " + value);
        }
        return (int) value;
    }

    /** A floating-point number, or an integer as one. */
    public double real(String key) {
        return switch (get(key)) {
            case GgufValue.Real(double value) -> value;
            case GgufValue.Whole(long value) -> value;
            default -> this.<Double>wrong(key, "a number");
        };
    }

    public List<String> strings(String key) {
        return switch (get(key)) {
            case GgufValue.Texts(List<String> texts) -> texts;
            case GgufValue.Numbers numbers when numbers.count() == 0 -> List.of();
            default -> wrong(key, "an array of strings");
        };
    }

    /** An array of integers, each of which must fit in 32 bits. */
    public int[] integers(String key) {
        if (get(key) instanceof GgufValue.Texts(List<String> texts) && texts.isEmpty()) {
            return new int[0];
        }
        if (!(get(key) instanceof GgufValue.Numbers numbers) || numbers.type().real()) {
            return wrong(key, "an array of integers");
        }
        ByteBuffer raw = ByteBuffer.wrap(numbers.raw()).order(ByteOrder.LITTLE_ENDIAN);
        int[] result = new int[numbers.count()];
        for (int i = 0; i < result.length; i++) {
            long value = numbers.type().whole(raw, i * numbers.type().bytes());
            if (value != (int) value) {
                throw error(key, "entry " + i + " does not fit in 32 bits: " + value);
            }
            result[i] = (int) value;
        }
        return result;
    }

    /** An array of numbers as floats. */
    public float[] floats(String key) {
        if (!(get(key) instanceof GgufValue.Numbers numbers)) {
            return wrong(key, "an array of numbers");
        }
        ByteBuffer raw = ByteBuffer.wrap(numbers.raw()).order(ByteOrder.LITTLE_ENDIAN);
        float[] result = new float[numbers.count()];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) numbers.type().real(raw, i * numbers.type().bytes());
        }
        return result;
    }

    /** An exception that names this source and the key. */
    public GgufException error(String key, String problem) {
        return new GgufException(file, "key '" + key + "'", problem);
    }

    private GgufValue get(String key) {
        GgufValue value = values.get(key);
        if (value == null) {
            throw error(key, "is missing");
        }
        return value;
    }

    private <T> T wrong(String key, String wanted) {
        throw error(key, "must be " + wanted + " but is " + get(key).kind());
    }
}
