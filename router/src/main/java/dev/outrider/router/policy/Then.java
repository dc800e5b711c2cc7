package dev.outrider.router.policy;

/** What happens to the queries of a workload before any evidence is weighed. */
public enum Then {
    /** The SLM answers and its evidence decides. */
    DECIDE,
    /** The LLM is asked, whatever the SLM says. */
    ESCALATE,
    /** Nobody answers. */
    REFUSE
}
