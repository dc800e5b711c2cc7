package dev.outrider.router.privacy;

/** What of a query may leave this process for an LLM. The order is by strictness. */
public enum Egress {
    /** All of it. */
    ANY,
    /** What is left after e-mail addresses, telephone, card and account numbers and given names were replaced. */
    REDACTED,
    /** Nothing, whatever goes wrong here. */
    LOCAL_ONLY;

    /** The stricter one of both. */
    public Egress max(Egress other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
