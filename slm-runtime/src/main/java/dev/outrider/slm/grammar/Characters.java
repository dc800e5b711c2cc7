package dev.outrider.slm.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A set of characters inside a JSON string, each written in the one way that JSON writers use. */
final class Characters {

    private static final int LAST = Character.MAX_CODE_POINT;

    /** Begin to end, both included; they do not touch. */
    private final TreeMap<Integer, Integer> ranges = new TreeMap<>();

    static Characters digits() {
        return new Characters().add('0', '9');
    }

    static Characters words() {
        return new Characters().add('a', 'z').add('A', 'Z').add('0', '9').add('_', '_');
    }

    static Characters blanks() {
        return new Characters().add(0x09, 0x0D).add(' ', ' ').add(0xA0, 0xA0).add(0x1680, 0x1680).add(0x2000, 0x200A)
                .add(0x2028, 0x2029).add(0x202F, 0x202F).add(0x205F, 0x205F).add(0x3000, 0x3000).add(0xFEFF, 0xFEFF);
    }

    Characters add(int low, int high) {
        int from = low;
        int to = high;
        var before = ranges.floorEntry(from);
        if (before != null && before.getValue() >= from - 1) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        for (var touched = ranges.ceilingEntry(from); touched != null && touched.getKey() <= to + 1;
                touched = ranges.ceilingEntry(from)) {
            to = Math.max(to, touched.getValue());
            ranges.remove(touched.getKey());
        }
        ranges.put(from, to);
        return this;
    }

    Characters addAll(Characters other) {
        other.ranges.forEach(this::add);
        return this;
    }

    Characters negate() {
        Characters opposite = new Characters();
        int from = 0;
        for (var range : ranges.entrySet()) {
            if (range.getKey() > from) {
                opposite.add(from, range.getKey() - 1);
            }
            from = range.getValue() + 1;
        }
        if (from <= LAST) {
            opposite.add(from, LAST);
        }
        return opposite;
    }

    boolean isSingle() {
        return ranges.size() == 1 && ranges.firstEntry().getKey().equals(ranges.firstEntry().getValue());
    }

    int first() {
        return ranges.firstKey();
    }

    /** @throws GrammarException when the set is empty */
    Expression expression() {
        List<Expression> options = new ArrayList<>();
        ByteSet plain = ByteSet.NONE;
        for (var range : ranges.entrySet()) {
            for (int c = range.getKey(); c <= Math.min(range.getValue(), 0x7F); c++) {
                if (c < 0x20 || c == '"' || c == '\\') {
                    options.add(Expression.literal(escape(c)));
                } else {
                    plain = plain.or(ByteSet.of(c));
                }
            }
            int from = Math.max(range.getKey(), 0x80);
            boolean surrogatesOnly = from >= 0xD800 && range.getValue() <= 0xDFFF;
            if (from <= range.getValue() && !surrogatesOnly) {
                options.add(Utf8.range(from, range.getValue()));
            }
        }
        if (!plain.isEmpty()) {
            options.add(Expression.bytes(plain));
        }
        if (options.isEmpty()) {
            throw new GrammarException("a class of characters in a pattern matches nothing");
        }
        return Expression.choice(options);
    }

    private static String escape(int c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> String.format("\\u%04x", c);
        };
    }
}
