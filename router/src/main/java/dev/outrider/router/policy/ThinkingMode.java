package dev.outrider.router.policy;

/** Whether the SLM may think before it answers. */
public enum ThinkingMode {
    /** Never. */
    OFF,
    /** Always. */
    ON,
    /** As long as thinking credits last. */
    AUTO
}
