package dev.outrider.router.ledger;

import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Random entries of every shape that the types allow: a value or none wherever there may be none. */
final class RandomRecords {

    private static final List<String> TEXTS = List.of(
            "", "desk", "Grüße 🙂", "two\nlines", "\"quoted\" \\ and \u2028", "{\"order_id\":\"ORD-1\"}", "a\tb\u0000c");

    private final Random random;

    RandomRecords(Random random) {
        this.random = random;
    }

    LedgerEntry next() {
        return switch (random.nextInt(5)) {
            case 0 -> (EgressNotice) any(EgressNotice.class);
            case 1 -> (AuditRecord) any(AuditRecord.class);
            case 2 -> (ShadowRecord) any(ShadowRecord.class);
            default -> decision();
        };
    }

    DecisionRecord decision() {
        return (DecisionRecord) any(DecisionRecord.class);
    }

    private @Nullable Object maybe(AnnotatedType type) {
        return type.isAnnotationPresent(Nullable.class) && random.nextInt(3) == 0 ? null : value(type);
    }

    private Object value(AnnotatedType type) {
        if (type instanceof AnnotatedParameterizedType list) {
            return IntStream.range(0, random.nextInt(3))
                    .mapToObj(i -> value(list.getAnnotatedActualTypeArguments()[0]))
                    .toList();
        }
        return any((Class<?>) (type.getType() instanceof ParameterizedType generic ? generic.getRawType() : type.getType()));
    }

    private Object any(Class<?> type) {
        if (type == String.class) {
            return TEXTS.get(random.nextInt(TEXTS.size())) + random.nextInt(1000);
        } else if (type == int.class || type == Integer.class) {
            return random.nextInt(10_000);
        } else if (type == long.class || type == Long.class) {
            return random.nextLong(Long.MAX_VALUE);
        } else if (type == double.class || type == Double.class) {
            return random.nextInt(5) == 0 ? 0.0 : random.nextDouble();
        } else if (type == boolean.class || type == Boolean.class) {
            return random.nextBoolean();
        } else if (type == BigDecimal.class) {
            return new BigDecimal(random.nextInt(100_000)).movePointLeft(random.nextInt(6));
        } else if (type == Instant.class) {
            return Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
        } else if (type.isEnum()) {
            return type.getEnumConstants()[random.nextInt(type.getEnumConstants().length)];
        } else if (type.isSealed()) {
            return any(type.getPermittedSubclasses()[random.nextInt(type.getPermittedSubclasses().length)]);
        }
        return record(type);
    }

    private Object record(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = components[i].getName().equals("schema")
                    ? DecisionRecord.SCHEMA
                    : maybe(components[i].getAnnotatedType());
        }
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("no random " + type, e);
        }
    }
}
