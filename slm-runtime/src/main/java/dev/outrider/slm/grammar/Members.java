package dev.outrider.slm.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.outrider.slm.grammar.JsonSchemaGrammar.Member;

/** The declared properties of an object between its braces: each at most once, the required ones once. */
final class Members {

    private final List<Member> members;
    private final Layout layout;
    private final boolean ordered;
    /** By the set of properties still to come, the highest bit telling that none was written yet. */
    private final Map<Long, Expression> rests = new HashMap<>();

    /** @param mostUnordered with more properties than this, the order is the declared one: their sets would be too many */
    Members(List<Member> members, Layout layout, PropertyOrder order, int mostUnordered) {
        this.members = members;
        this.layout = layout;
        this.ordered = order == PropertyOrder.DECLARED || members.size() > mostUnordered;
    }

    /** At least one property, and all required ones. */
    Expression some() {
        return ordered ? from(0, true) : remaining((1L << members.size()) - 1, true);
    }

    private synchronized Expression remaining(long left, boolean first) {
        long key = first ? left | Long.MIN_VALUE : left;
        Expression known = rests.get(key);
        if (known == null) {
            known = new Expression.Later(shortest(left, first), () -> {
                List<Expression> options = new ArrayList<>();
                boolean done = !first;
                for (int i = 0; i < members.size(); i++) {
                    if ((left >>> i & 1) != 0) {
                        Member member = members.get(i);
                        done &= !member.required();
                        options.add(next(member, first, remaining(left & ~(1L << i), false)));
                    }
                }
                return ended(options, done);
            });
            rests.put(key, known);
        }
        return known;
    }

    private synchronized Expression from(int index, boolean first) {
        long key = first ? index | Long.MIN_VALUE : index;
        Expression known = rests.get(key);
        if (known == null) {
            known = new Expression.Later(shortestFrom(index, first), () -> {
                List<Expression> options = new ArrayList<>();
                boolean done = !first;
                for (int i = index; i < members.size() && (i == index || !members.get(i - 1).required()); i++) {
                    options.add(next(members.get(i), first, from(i + 1, false)));
                }
                for (int i = index; i < members.size(); i++) {
                    done &= !members.get(i).required();
                }
                return ended(options, done);
            });
            rests.put(key, known);
        }
        return known;
    }

    private Expression next(Member member, boolean first, Expression rest) {
        return first
                ? Expression.sequence(member.written(), rest)
                : Expression.sequence(layout.comma(), member.written(), rest);
    }

    private static Expression ended(List<Expression> options, boolean done) {
        if (done) {
            options.add(Expression.EMPTY);
        }
        return Expression.choice(options);
    }

    private int shortest(long left, boolean first) {
        List<Member> open = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            if ((left >>> i & 1) != 0) {
                open.add(members.get(i));
            }
        }
        return shortest(open, first);
    }

    private int shortestFrom(int index, boolean first) {
        return shortest(members.subList(index, members.size()), first);
    }

    /** The required ones with their commas; when none is required but one must be written, the shortest. */
    private static int shortest(List<Member> open, boolean first) {
        long sum = 0;
        int count = 0;
        int least = Expression.ENDLESS;
        for (Member member : open) {
            least = Math.min(least, member.written().shortest());
            if (member.required()) {
                sum += member.written().shortest();
                count++;
            }
        }
        if (first && count == 0) {
            return least;
        }
        return (int) Math.min(Expression.ENDLESS, sum + count - (first ? 1 : 0));
    }
}
