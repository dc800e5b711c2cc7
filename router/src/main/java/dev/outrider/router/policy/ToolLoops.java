package dev.outrider.router.policy;

/** Who answers the next query of a tool loop: one whose messages end in results of tools. */
public enum ToolLoops {
    /** The tier that began the loop goes on; the next request of the person begins with the SLM again. */
    STICKY,
    /** Every query is decided by itself. */
    FREE
}
