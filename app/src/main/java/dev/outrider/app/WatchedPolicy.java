package dev.outrider.app;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.policy.PolicyException;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.policy.ReloadingPolicy;

/** The policy of a command that may run for long: its file, where it has one, may change meanwhile. */
interface WatchedPolicy extends PolicySource, AutoCloseable {

    /** @param file null for the built-in policy, which never changes */
    static WatchedPolicy of(@Nullable Path file) {
        if (file == null) {
            PolicyInForce builtIn = PolicyInForce.defaults();
            return () -> builtIn;
        }
        ReloadingPolicy watched = ReloadingPolicy.watch(file);
        return new WatchedPolicy() {
            @Override
            public PolicyInForce current() {
                return watched.current();
            }

            @Override
            public Optional<PolicyException> fault() {
                return watched.fault();
            }

            @Override
            public void close() {
                watched.close();
            }
        };
    }

    @Override
    default void close() {
        // nothing watches
    }
}
