package dev.outrider.router.budget;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Who shares one account of a budget. Every scope lies within the one before it: two tenants never share a session,
 * whatever they call it.
 */
public enum Scope {
    /** Everybody. */
    GLOBAL(null),
    /** One tenant. All who name none share one account, so that nobody escapes a limit by leaving the name out. */
    TENANT(null),
    /** One session of a tenant. A request outside a session is a session of its own. */
    SESSION(Duration.ofDays(30)),
    /** One request of a session. */
    REQUEST(Duration.ofDays(1)),
    /** One subtask of a request. What belongs to no subtask is a subtask of its own. */
    SUBTASK(Duration.ofDays(1));

    private final @Nullable Duration memory;

    Scope(@Nullable Duration memory) {
        this.memory = memory;
    }

    /**
     * For how long after its last use an account of this scope is remembered; null for ever. Sessions, requests and
     * subtasks come and go, and their accounts would pile up.
     */
    public @Nullable Duration memory() {
        return memory;
    }
}
