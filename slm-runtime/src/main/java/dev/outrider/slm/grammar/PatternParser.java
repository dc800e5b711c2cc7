package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.sequence;

import java.util.ArrayList;
import java.util.List;

/**
 * The regular part of ECMA-262 patterns as the characters of a JSON string: literals, {@code .}, classes, {@code \d \w \s} and
 * their opposites, groups, alternatives, {@code * + ? {n} {n,} {n,m}}, {@code ^} in front and {@code $} behind. A pattern that is not
 * anchored matches anywhere, as JSON Schema says. Look-around, back-references and boundaries are refused.
 */
final class PatternParser {

    private static final int MOST_REPEATS = 1000;

    private final int[] pattern;
    private final String at;
    private int place;

    PatternParser(String pattern, String at) {
        this.pattern = pattern.codePoints().toArray();
        this.at = at;
    }

    Expression parse() {
        List<Expression> options = new ArrayList<>();
        do {
            boolean fromStart = take('^');
            Expression body = branch();
            boolean toEnd = take('$');
            Expression anything = Expression.many(JsonText.CHARACTER);
            options.add(sequence(
                    fromStart ? Expression.EMPTY : anything, body, toEnd ? Expression.EMPTY : anything));
        } while (take('|'));
        if (place < pattern.length) {
            throw wrong("an unexpected " + Character.toString(pattern[place]));
        }
        return choice(options);
    }

    private Expression alternatives() {
        List<Expression> options = new ArrayList<>();
        do {
            options.add(branch());
        } while (take('|'));
        return choice(options);
    }

    private Expression branch() {
        List<Expression> parts = new ArrayList<>();
        while (place < pattern.length && pattern[place] != '|' && pattern[place] != ')' && !(pattern[place] == '$')) {
            parts.add(repeated(atom()));
        }
        return sequence(parts);
    }

    private Expression repeated(Expression atom) {
        Expression result = atom;
        if (take('*')) {
            result = Expression.many(atom);
        } else if (take('+')) {
            result = Expression.repeat(atom, 1, Expression.ENDLESS);
        } else if (take('?')) {
            result = Expression.optional(atom);
        } else if (take('{')) {
            int least = integer();
            int most = take(',') ? (peek() == '}' ? Expression.ENDLESS : integer()) : least;
            expect('}');
            if (least > most || least > MOST_REPEATS || most < Expression.ENDLESS && most > MOST_REPEATS) {
                throw wrong("a repetition of " + least + " to " + most + " times (at most " + MOST_REPEATS + ")");
            }
            result = Expression.repeat(atom, least, most);
        } else {
            return result;
        }
        take('?'); // whether a repetition is lazy makes no difference to what matches
        return result;
    }

    private Expression atom() {
        int c = pattern[place++];
        return switch (c) {
            case '(' -> {
                if (take('?') && !take(':')) {
                    throw wrong("look-around or a named group");
                }
                Expression inside = alternatives();
                expect(')');
                yield inside;
            }
            case '[' -> characterClass().expression();
            case '.' -> new Characters().add('\n', '\n').add('\r', '\r').add(0x2028, 0x2029).negate().expression();
            case '\\' -> escaped().expression();
            case '^', '*', '+', '?', '{' -> throw wrong("an unexpected " + Character.toString(c));
            default -> new Characters().add(c, c).expression();
        };
    }

    private Characters characterClass() {
        boolean negated = take('^');
        Characters set = new Characters();
        while (peek() != ']') {
            Characters low = classAtom();
            if (peek() == '-' && place + 1 < pattern.length && pattern[place + 1] != ']') {
                place++;
                Characters high = classAtom();
                if (!low.isSingle() || !high.isSingle() || low.first() > high.first()) {
                    throw wrong("a range of characters that is none");
                }
                set.add(low.first(), high.first());
            } else {
                set.addAll(low);
            }
        }
        expect(']');
        return negated ? set.negate() : set;
    }

    private Characters classAtom() {
        int c = next();
        return c == '\\' ? escaped() : new Characters().add(c, c);
    }

    private Characters escaped() {
        int c = next();
        return switch (c) {
            case 'd' -> Characters.digits();
            case 'D' -> Characters.digits().negate();
            case 'w' -> Characters.words();
            case 'W' -> Characters.words().negate();
            case 's' -> Characters.blanks();
            case 'S' -> Characters.blanks().negate();
            case 'n' -> new Characters().add('\n', '\n');
            case 'r' -> new Characters().add('\r', '\r');
            case 't' -> new Characters().add('\t', '\t');
            case 'f' -> new Characters().add('\f', '\f');
            case 'v' -> new Characters().add(0x0B, 0x0B);
            case 'u' -> hex(4);
            case 'x' -> hex(2);
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw wrong("\\" + Character.toString(c));
                }
                yield new Characters().add(c, c);
            }
        };
    }

    private Characters hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw wrong("a character number that is none");
            }
            value = value * 16 + digit;
        }
        return new Characters().add(value, value);
    }

    private int integer() {
        int from = place;
        long value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = Math.min(Integer.MAX_VALUE, value * 10 + next() - '0');
        }
        if (from == place) {
            throw wrong("a repetition without a number");
        }
        return (int) value;
    }

    private int peek() {
        return place < pattern.length ? pattern[place] : -1;
    }

    private int next() {
        if (place == pattern.length) {
            throw wrong("an end too early");
        }
        return pattern[place++];
    }

    private boolean take(int c) {
        if (peek() == c) {
            place++;
            return true;
        }
        return false;
    }

    private void expect(int c) {
        if (!take(c)) {
            throw wrong("a missing " + Character.toString(c));
        }
    }

    private GrammarException wrong(String what) {
        return new GrammarException(at + ": " + new String(pattern, 0, pattern.length) + " has " + what
                + ", which cannot be enforced while an answer is written; use a plainer pattern");
    }
}
