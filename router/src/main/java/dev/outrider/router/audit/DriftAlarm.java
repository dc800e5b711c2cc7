package dev.outrider.router.audit;

import java.util.Arrays;

import dev.outrider.router.calibration.RiskKind;

/**
 * Watches whether a risk stays at or below what was promised, for as long as one likes: of bounds that hold, at most the
 * share {@code falseAlarm} ever raises it. It is a bet against the bound, and the alarm is its winnings.
 *
 * <p><b>One bet.</b> Let α be the promised risk, Y = 1 for a query that is accepted and wrong, π the probability with
 * which an accepted answer is audited. A bet of strength c in (0, 1) that owns w stakes e = w c π₀ / π on an accepted
 * answer that is drawn for an audit. If the audit finds it wrong, e / α comes back, otherwise nothing. For JOINT, a query
 * that is not accepted is known to be no failure, and costs w c π₀ at once. π₀ is the π of the accepted query before
 * (0 for the first), settled before this one is seen; an answer with π below π₀ is let pass, lest more be staked than is
 * there.
 *
 * <p>An answer is drawn with probability π whatever it is worth. So over all that can become of a query, the mean change
 * of w is w c π₀ (P(Y = 1) / α − 1) for JOINT, and that with P(Y = 1 | accepted) for CONDITIONAL: at most 0 while the risk
 * is at most α, and what is let pass only makes it smaller. Stakes lie apart until their audit ends, so that audits may end
 * in any order.
 *
 * <p><b>All bets.</b> What is owned at the start, 1, is split over the strengths of {@link #STRENGTHS}, and each of these
 * over the ends of audits at which the bet begins, with shares 1 / (k (k + 1)); a share that has not begun keeps its
 * worth. So a long good time does not eat up what is needed to notice a bad one: the wait after a change grows with the
 * logarithm of what came before it. A mixture of nonnegative supermartingales is one, so by Ville's inequality its worth
 * ever reaches 1/falseAlarm with probability at most falseAlarm.
 *
 * <p>Sources: J. Ville (1939); G. Shafer, JRSS A 184 (2021), on testing by betting; I. Waudby-Smith and A. Ramdas, JRSS
 * B 86 (2024), arXiv 2010.09686, on bets about a mean; J. Shin, A. Ramdas and A. Rinaldo, arXiv 2203.03532, on mixtures of
 * beginnings.
 *
 * <p>Used by one thread at a time.
 */
public final class DriftAlarm {

    private static final double[] STRENGTHS = {0.02, 0.05, 0.1, 0.2, 0.4};

    private final RiskKind kind;
    private final double risk;
    private final double falseAlarm;

    /** What every strength owns and has not staked. */
    private final double[] owned = new double[STRENGTHS.length];

    private double staked;
    private double notBegun = 1;
    private double lastPropensity;
    private long audits;
    private long wrong;
    private double peak = 1;

    /**
     * @param kind which risk is watched
     * @param risk the promised one, in (0, 1)
     * @param falseAlarm probability with which the alarm of a bound that holds may ever be raised
     */
    public DriftAlarm(RiskKind kind, double risk, double falseAlarm) {
        if (!(risk > 0 && risk < 1 && falseAlarm > 0 && falseAlarm < 1)) {
            throw new IllegalArgumentException("risk " + risk + " and false alarm " + falseAlarm + " must be in (0, 1)");
        }
        this.kind = kind;
        this.risk = risk;
        this.falseAlarm = falseAlarm;
        beginShare();
    }

    /** Stakes on one answer that was drawn; {@link #settle} ends them when its audit does, {@link #cancel} if it fails. */
    public static final class Bet {
        private final double[] stakes = new double[STRENGTHS.length];

        private Bet() {}
    }

    /** A query of the workload that was not accepted. */
    public void notAccepted() {
        if (kind == RiskKind.JOINT) {
            for (int i = 0; i < owned.length; i++) {
                owned[i] *= 1 - STRENGTHS[i] * lastPropensity;
            }
        }
    }

    /**
     * A query of the workload that was accepted.
     *
     * @param propensity with which such an answer is drawn, in (0, 1]
     * @param drawn whether this one is
     * @return the bet on it; empty stakes when it is not drawn
     */
    public Bet accepted(double propensity, boolean drawn) {
        double before = lastPropensity;
        lastPropensity = propensity;
        Bet bet = new Bet();
        if (drawn && propensity >= before) {
            for (int i = 0; i < owned.length; i++) {
                bet.stakes[i] = owned[i] * STRENGTHS[i] * before / propensity;
                owned[i] -= bet.stakes[i];
                staked += bet.stakes[i];
            }
        }
        return bet;
    }

    /** The audit of a drawn answer ended. */
    public void settle(Bet bet, boolean isWrong) {
        audits++;
        wrong += isWrong ? 1 : 0;
        end(bet, isWrong ? 1 / risk : 0);
        beginShare();
        peak = Math.max(peak, evidence());
    }

    /** The audit of a drawn answer will never end. */
    public void cancel(Bet bet) {
        end(bet, 1);
    }

    private void end(Bet bet, double payout) {
        for (int i = 0; i < owned.length; i++) {
            owned[i] += bet.stakes[i] * payout;
            staked -= bet.stakes[i];
            bet.stakes[i] = 0;
        }
    }

    private void beginShare() {
        double share = 1.0 / (audits + 1) / (audits + 2);
        notBegun -= share;
        for (int i = 0; i < owned.length; i++) {
            owned[i] += share / owned.length;
        }
    }

    /** What everything is worth now, stakes at what they cost: the evidence against the bound, 1 at the start. */
    public double evidence() {
        return Arrays.stream(owned).sum() + Math.max(0, staked) + Math.max(0, notBegun);
    }

    /** Whether the alarm was ever raised. It stays so: a bound that was broken is fitted anew, not forgiven. */
    public boolean raised() {
        return peak >= 1 / falseAlarm;
    }

    /** Audits that ended. */
    public long audits() {
        return audits;
    }

    /** Audits that found a wrong answer. */
    public long wrong() {
        return wrong;
    }
}
