package dev.outrider.router.policy;

import java.util.Optional;

/**
 * Where the cascade gets its policy. Every query asks once and keeps to what it got, so that one query sees one policy
 * from its start to its end.
 */
@FunctionalInterface
public interface PolicySource {

    /** The policy that holds now. The same object as long as nothing changed. */
    PolicyInForce current();

    /** Why what is there now is not the policy that holds; empty when it is. The same object as long as nothing changed. */
    default Optional<PolicyException> fault() {
        return Optional.empty();
    }

    /** A policy that never changes. */
    static PolicySource of(PolicyInForce policy) {
        return () -> policy;
    }
}
