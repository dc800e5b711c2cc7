package dev.outrider.router;

/** What the cascade decided about one query. Sealed: whoever reads a decision handles all three. */
public sealed interface Decision {

    /** The SLM's answer is taken. */
    record Accept(double confidence) implements Decision {}

    /** The LLM is asked; {@code detail} is one line for a person. */
    record Escalate(EscalationReason reason, String detail) implements Decision {}

    /** Nobody answers; {@code detail} is one line that says what to do. */
    record Refuse(RefusalReason reason, String detail) implements Decision {}

    /** {@code accept}, {@code escalate:LOW_CONFIDENCE}, {@code refuse:BUDGET_EXHAUSTED}: the short form for tables and logs. */
    default String label() {
        return switch (this) {
            case Accept a -> "accept";
            case Escalate e -> "escalate:" + e.reason();
            case Refuse r -> "refuse:" + r.reason();
        };
    }
}
