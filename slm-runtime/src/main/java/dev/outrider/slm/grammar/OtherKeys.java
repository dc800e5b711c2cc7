package dev.outrider.slm.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Keys of properties that a schema does not declare: lower-case letters, digits and underscores, and none of the declared ones, whose
 * schema would hold for them. Smaller than what JSON allows, and enough to name something.
 */
final class OtherKeys {

    private static final ByteSet FIRST = ByteSet.range('a', 'z').or(ByteSet.of("_"));
    private static final ByteSet LATER = FIRST.or(ByteSet.range('0', '9'));
    private static final int LONGEST = 40;

    private final TreeSet<String> declared = new TreeSet<>();

    OtherKeys(JsonNode properties) {
        properties.fieldNames().forEachRemaining(declared::add);
    }

    Expression key() {
        return Expression.sequence(JsonText.QUOTE, behind(""), JsonText.QUOTE);
    }

    /** What may follow a prefix that some declared key begins with: the same prefix longer, or something that leaves them all. */
    private Expression behind(String prefix) {
        ByteSet here = prefix.isEmpty() ? FIRST : LATER;
        List<Expression> options = new ArrayList<>();
        ByteSet leaving = here;
        for (String key : declared.tailSet(prefix)) {
            if (!key.startsWith(prefix)) {
                break;
            }
            if (key.length() > prefix.length() && key.charAt(prefix.length()) < 128 && here.contains(key.charAt(prefix.length()))) {
                ByteSet one = ByteSet.of(key.charAt(prefix.length()));
                if (leaving.contains(key.charAt(prefix.length()))) {
                    leaving = leaving.minus(one);
                    options.add(Expression.sequence(Expression.bytes(one), behind(key.substring(0, prefix.length() + 1))));
                }
            }
        }
        Expression free = Expression.repeat(Expression.bytes(LATER), 0, LONGEST);
        if (!leaving.isEmpty()) {
            options.add(Expression.sequence(Expression.bytes(leaving), free));
        }
        if (!prefix.isEmpty() && !declared.contains(prefix)) {
            options.add(Expression.EMPTY);
        }
        return Expression.choice(options);
    }
}
