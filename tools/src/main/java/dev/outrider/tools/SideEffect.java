package dev.outrider.tools;

/** What a tool does to the world. The order is by weight: a policy may demand more evidence the heavier the effect. */
public enum SideEffect {
    /** Looks only; running it twice or in vain harms nobody. */
    READ,
    /** Changes a record. */
    WRITE,
    /** Moves money. */
    MONEY;

    /** Whether a call must be accepted before it runs. */
    public boolean changesTheWorld() {
        return this != READ;
    }

    /** The heavier of the two. */
    public SideEffect max(SideEffect other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
