package dev.outrider.slm.grammar;

/** Where blanks may stand in JSON. Models write what they were trained on; free blanks cost tokens and never end. */
public enum Layout {
    /** None: {@code {"a":1,"b":[2,3]}}. */
    COMPACT,
    /** One or none behind colons and commas: {@code {"a": 1, "b": [2, 3]}}. */
    SPACED;

    private final Expression colon;
    private final Expression comma;

    Layout() {
        colon = separator(":");
        comma = separator(",");
    }

    private Expression separator(String sign) {
        // ordinal 0 is COMPACT: enum constants cannot be named in their own constructor
        return ordinal() == 0
                ? Expression.literal(sign)
                : Expression.sequence(Expression.literal(sign), Expression.optional(Expression.literal(" ")));
    }

    Expression colon() {
        return colon;
    }

    Expression comma() {
        return comma;
    }
}
