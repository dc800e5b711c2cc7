package dev.outrider.slm.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

import dev.outrider.slm.tokenizer.Tokenizer;

/** A model without any sense: takes any token that the mask allows, with equal chances. */
final class Writer {

    private final Tokenizer tokenizer;
    private final Random random;

    Writer(Tokenizer tokenizer, Random random) {
        this.tokenizer = tokenizer;
        this.random = random;
    }

    /** Writes until the text is whole and a coin says so, or nothing can follow, within so many tokens. */
    int[] write(GrammarConstraint constraint, int budget, double stopping) {
        List<Integer> tokens = new ArrayList<>();
        while (tokens.size() < budget) {
            if (constraint.isComplete() && (random.nextDouble() < stopping || constraint.isOver())) {
                break;
            }
            BitSet allowed = BitSet.valueOf(constraint.mask(budget - tokens.size()).bits());
            if (allowed.isEmpty()) {
                break;
            }
            int nth = random.nextInt(allowed.cardinality());
            int token = allowed.nextSetBit(0);
            while (nth-- > 0) {
                token = allowed.nextSetBit(token + 1);
            }
            constraint.accept(token);
            tokens.add(token);
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    String text(GrammarConstraint constraint, int budget, double stopping) {
        return tokenizer.decode(write(constraint, budget, stopping));
    }

    /** Whether a constraint takes the text as this model would write it, each token allowed by the mask before it. */
    static boolean takes(GrammarConstraint constraint, Tokenizer tokenizer, String text) {
        for (int token : tokenizer.encode(text)) {
            if (constraint.shortest() >= 1 << 27 || !constraint.mask(1 << 27).allows(token)) {
                return false;
            }
            constraint.accept(token);
        }
        return constraint.isComplete();
    }
}
