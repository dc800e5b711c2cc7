package dev.outrider.router.policy;

/** How far a workload is trusted to the cascade. */
public enum Mode {
    /** The LLM answers at once; the SLM is asked off the caller's path, and how it would have done is recorded. */
    SHADOW,
    /** The SLM answers first and the decision is made and recorded, but the LLM's answer is the one that leaves. */
    OBSERVE,
    /** The decision counts. */
    ENFORCE
}
