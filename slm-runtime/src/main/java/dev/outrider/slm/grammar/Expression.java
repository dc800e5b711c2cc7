package dev.outrider.slm.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What may be written: a context-free expression over bytes and special tokens. Expressions are compared by identity; share
 * one where the same thing may be written in many places, and the machine that runs it shares its states.
 */
abstract sealed class Expression {

    /** Nothing at all, which is always written. */
    static final Expression EMPTY = new Sequence(List.of());

    /** Greater than any length that a sequence can have; sums of a few stay an int. */
    static final int ENDLESS = 1 << 28;

    /** The least number of symbols that it takes to write this. */
    abstract int shortest();

    /** One byte of a set. */
    static final class OneByte extends Expression {
        final ByteSet bytes;

        OneByte(ByteSet bytes) {
            this.bytes = bytes;
        }

        @Override
        int shortest() {
            return 1;
        }
    }

    /** One special token, such as {@code <tool_call>}. */
    static final class OneToken extends Expression {
        final int token;

        OneToken(int token) {
            this.token = token;
        }

        @Override
        int shortest() {
            return 1;
        }
    }

    /** One after the other. */
    static final class Sequence extends Expression {
        final List<Expression> parts;
        private final int shortest;

        private Sequence(List<Expression> parts) {
            this.parts = List.copyOf(parts);
            this.shortest = Math.min(ENDLESS, parts.stream().mapToInt(Expression::shortest).sum());
        }

        @Override
        int shortest() {
            return shortest;
        }
    }

    /** One of several. */
    static final class Choice extends Expression {
        final List<Expression> options;
        private final int shortest;

        private Choice(List<Expression> options) {
            this.options = List.copyOf(options);
            this.shortest = options.stream().mapToInt(Expression::shortest).min().orElse(ENDLESS);
        }

        @Override
        int shortest() {
            return shortest;
        }
    }

    /** Something again and again. */
    static final class Repeat extends Expression {
        final Expression body;
        final int least;
        final int most;
        private @Nullable Repeat rest;

        private Repeat(Expression body, int least, int most) {
            this.body = body;
            this.least = least;
            this.most = most;
        }

        /** What may follow once the body was written one more time. */
        synchronized Repeat rest() {
            if (rest == null) {
                rest = least == 0 && most == ENDLESS
                        ? this
                        : new Repeat(body, Math.max(0, least - 1), most == ENDLESS ? ENDLESS : most - 1);
            }
            return rest;
        }

        @Override
        int shortest() {
            return (int) Math.min(ENDLESS, (long) least * body.shortest());
        }
    }

    /** Something that is only worked out when it is reached: large or endlessly nested expressions. */
    static final class Later extends Expression {
        private final int shortest;
        private final Supplier<Expression> made;
        private @Nullable Expression expression;

        /** @param shortest what the expression will say of itself */
        Later(int shortest, Supplier<Expression> made) {
            this.shortest = shortest;
            this.made = made;
        }

        synchronized Expression expression() {
            if (expression == null) {
                expression = made.get();
            }
            return expression;
        }

        @Override
        int shortest() {
            return shortest;
        }
    }

    static Expression bytes(ByteSet set) {
        return new OneByte(set);
    }

    static Expression token(int id) {
        return new OneToken(id);
    }

    /** Exactly this text, in UTF-8. */
    static Expression literal(String text) {
        List<Expression> parts = new ArrayList<>();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            parts.add(new OneByte(ByteSet.of(b & 0xFF)));
        }
        return sequence(parts);
    }

    static Expression sequence(Expression... parts) {
        return sequence(List.of(parts));
    }

    static Expression sequence(List<Expression> parts) {
        return parts.size() == 1 ? parts.getFirst() : parts.isEmpty() ? EMPTY : new Sequence(parts);
    }

    static Expression choice(Expression... options) {
        return choice(List.of(options));
    }

    /** @param options at least one */
    static Expression choice(List<Expression> options) {
        return options.size() == 1 ? options.getFirst() : new Choice(options);
    }

    static Expression optional(Expression body) {
        return new Repeat(body, 0, 1);
    }

    static Expression many(Expression body) {
        return new Repeat(body, 0, ENDLESS);
    }

    /** @param most {@link #ENDLESS} for no limit */
    static Expression repeat(Expression body, int least, int most) {
        return most == 0 ? EMPTY : least == 1 && most == 1 ? body : new Repeat(body, least, most);
    }
}
