package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.bytes;
import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.literal;
import static dev.outrider.slm.grammar.Expression.many;
import static dev.outrider.slm.grammar.Expression.optional;
import static dev.outrider.slm.grammar.Expression.repeat;
import static dev.outrider.slm.grammar.Expression.sequence;

import java.util.List;

/**
 * The parts of JSON text (RFC 8259). Numbers are kept to lengths that every parser takes: 18 digits before the point, 17
 * behind it, an exponent of two digits; values of any kind nest at most {@value #DEEPEST} levels.
 */
final class JsonText {

    static final int DEEPEST = 16;

    static final Expression QUOTE = literal("\"");

    private static final Expression DIGIT = bytes(ByteSet.range('0', '9'));
    private static final Expression HEX = bytes(ByteSet.of("0123456789abcdefABCDEF"));
    private static final ByteSet PLAIN = ByteSet.range(0x20, 0x7F).minus(ByteSet.of("\"\\"));

    /** {@code \\u} and four hexadecimal digits that are no surrogate. */
    private static final Expression UNICODE_ESCAPE = sequence(
            literal("u"),
            choice(
                    sequence(bytes(ByteSet.of("0123456789abcefABCEF")), HEX, HEX, HEX),
                    sequence(bytes(ByteSet.of("dD")), bytes(ByteSet.range('0', '7')), HEX, HEX)));

    private static final Expression ESCAPE =
            sequence(literal("\\"), choice(bytes(ByteSet.of("\"\\/bfnrt")), UNICODE_ESCAPE));

    /** One character of a string, however it is written. */
    static final Expression CHARACTER = choice(bytes(PLAIN), Utf8.range(0x80, 0x10FFFF), ESCAPE);

    static final Expression STRING = sequence(QUOTE, many(CHARACTER), QUOTE);

    static final Expression INTEGER = sequence(
            optional(literal("-")),
            choice(literal("0"), sequence(bytes(ByteSet.range('1', '9')), repeat(DIGIT, 0, 17))));

    static final Expression FRACTION = sequence(literal("."), repeat(DIGIT, 1, 17));

    static final Expression NUMBER = sequence(
            INTEGER,
            optional(FRACTION),
            optional(sequence(bytes(ByteSet.of("eE")), optional(bytes(ByteSet.of("+-"))), repeat(DIGIT, 1, 2))));

    static final Expression BOOLEAN = choice(literal("true"), literal("false"));

    static final Expression NULL = literal("null");

    private JsonText() {}

    /** A string of so many characters. */
    static Expression string(int least, int most) {
        return least == 0 && most == Expression.ENDLESS ? STRING : sequence(QUOTE, repeat(CHARACTER, least, most), QUOTE);
    }

    /** Values of any kind under a layout. */
    static final class AnyValue {

        private final Layout layout;
        private final Expression[] value = new Expression[DEEPEST + 1];
        private final Expression[] object = new Expression[DEEPEST + 1];
        private final Expression[] array = new Expression[DEEPEST + 1];

        AnyValue(Layout layout) {
            this.layout = layout;
            List<Expression> flat = List.of(STRING, NUMBER, BOOLEAN, NULL);
            value[0] = choice(flat);
            for (int depth = 1; depth <= DEEPEST; depth++) {
                int below = depth - 1;
                Expression member = sequence(STRING, layout.colon(), value[below]);
                object[depth] = new Expression.Later(2, () -> list("{", member, "}", 0, Expression.ENDLESS));
                array[depth] = new Expression.Later(2, () -> list("[", value[below], "]", 0, Expression.ENDLESS));
                value[depth] = choice(STRING, NUMBER, BOOLEAN, NULL, object[depth], array[depth]);
            }
        }

        Expression value() {
            return value[DEEPEST];
        }

        Expression object() {
            return object[DEEPEST];
        }

        Expression array() {
            return array[DEEPEST];
        }

        /** Elements between brackets with commas. */
        Expression list(String open, Expression element, String close, int least, int most) {
            if (most == 0) {
                return literal(open + close);
            }
            int others = most == Expression.ENDLESS ? most : most - 1;
            Expression some = sequence(
                    element, repeat(sequence(layout.comma(), element), Math.max(0, least - 1), others));
            return sequence(literal(open), least == 0 ? optional(some) : some, literal(close));
        }
    }
}
