package dev.outrider.router.budget;

/** What happens to a query when a budget does not cover it. */
public enum OnExhausted {
    /** Make do with the local answer where the policy allows that, otherwise refuse. */
    ANSWER_LOCALLY,
    /** Refuse. */
    REFUSE,
    /** Wait in line until something is given back or the next window begins; refuse when that takes too long. */
    QUEUE
}
