package dev.outrider.evals.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A demand on a replay, for a build that must stop when a policy does not keep it. It is held against the end of the interval
 * that speaks against the policy: too little evidence does not pass.
 *
 * @param name of the demand
 * @param passed whether it is kept
 * @param line what was demanded and found, one line
 */
public record Gate(String name, boolean passed, String line) {

    /**
     * Holds demands against a replay.
     *
     * @param minReplaced smallest replacement rate, in [0, 1]; null for none
     * @param maxWrong largest share taken locally and wrong, of all queries, in [0, 1]; null for none
     * @param maxUndecided largest share of records that cannot be decided again, in [0, 1]; null for none
     */
    public static List<Gate> check(
            ReplayReport report, @Nullable Double minReplaced, @Nullable Double maxWrong, @Nullable Double maxUndecided) {
        List<Gate> gates = new ArrayList<>();
        if (minReplaced != null) {
            double found = report.replacedInterval().low();
            gates.add(new Gate("min-replaced", found >= minReplaced, String.format(
                    Locale.ROOT, "replaced, lower end of the interval: %.4f, at least %.4f demanded", found, minReplaced)));
        }
        if (maxWrong != null) {
            double found = report.takenWrongInterval().high();
            gates.add(new Gate("max-wrong", found <= maxWrong, String.format(
                    Locale.ROOT, "taken and wrong, upper end of the interval: %.4f, at most %.4f demanded", found, maxWrong)));
        }
        if (maxUndecided != null) {
            double found = 1 - (double) report.decided() / report.records();
            gates.add(new Gate("max-undecided", found <= maxUndecided, String.format(
                    Locale.ROOT, "records that cannot be decided again: %.4f, at most %.4f demanded", found, maxUndecided)));
        }
        return gates;
    }
}
