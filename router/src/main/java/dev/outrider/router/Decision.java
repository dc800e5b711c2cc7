package dev.outrider.router;

/** What the cascade decided about one query. Sealed: whoever reads a decision handles all three. */
public sealed interface Decision {

    /**
     * The SLM's answer is taken.
     *
     * @param confidence the probability of the least certain decision token, in [0, 1]
     * @param basis why the answer was good enough
     */
    record Accept(double confidence, Basis basis) implements Decision {

        /** Taken because the evidence meets what the policy demands. */
        public Accept(double confidence) {
            this(confidence, Basis.EVIDENCE);
        }
    }

    /** The LLM is asked; {@code detail} is one line for a person. */
    record Escalate(EscalationReason reason, String detail) implements Decision {}

    /** Nobody answers; {@code detail} is one line that says what to do. */
    record Refuse(RefusalReason reason, String detail) implements Decision {}

    /** Why a local answer was good enough. */
    enum Basis {
        /** The calibrated evidence meets what the policy demands. */
        EVIDENCE,
        /** The raw evidence reaches a threshold that the policy types in; that bounds no risk. */
        TYPED_THRESHOLD,
        /**
         * The LLM was wanted, the budget is spent, and the policy prefers a valid local answer of small effect to none.
         */
        BUDGET_EXHAUSTED,
        /** The LLM was wanted and could not answer, and the policy prefers a valid local answer of small effect to none. */
        REMOTE_FAILED,
        /** The LLM was wanted, is known to be no better here, and the policy prefers a valid local answer to none. */
        REMOTE_NO_BETTER;

        /** Whether the answer met what was demanded; one that did not is below its threshold: count it apart. */
        public boolean demandMet() {
            return this == EVIDENCE || this == TYPED_THRESHOLD;
        }
    }

    /**
     * {@code accept}, {@code accept:BUDGET_EXHAUSTED}, {@code escalate:LOW_CONFIDENCE}, {@code refuse:NO_REMOTE}: the
     * short form for tables and logs.
     */
    default String label() {
        return switch (this) {
            case Accept a -> a.basis().demandMet() ? "accept" : "accept:" + a.basis();
            case Escalate e -> "escalate:" + e.reason();
            case Refuse r -> "refuse:" + r.reason();
        };
    }
}
