package dev.outrider.router.events;

import java.util.List;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several listeners as one. What one of them throws is logged, and the others are told all the same. */
public final class RoutingListeners {

    /** Nobody listens. */
    public static final RoutingListeners NONE = new RoutingListeners(List.of());

    private static final Logger LOG = LoggerFactory.getLogger(RoutingListeners.class);

    private final RoutingListener[] listeners;

    private RoutingListeners(List<? extends RoutingListener> listeners) {
        this.listeners = listeners.toArray(RoutingListener[]::new);
    }

    public static RoutingListeners of(List<? extends RoutingListener> listeners) {
        return listeners.isEmpty() ? NONE : new RoutingListeners(listeners);
    }

    /** Whether nobody listens, so that an event need not even be made. */
    public boolean isEmpty() {
        return listeners.length == 0;
    }

    /**
     * Tells all of them.
     *
     * @param how the method of a listener that takes the event, like {@code RoutingListener::onDecision}
     */
    public <E> void tell(BiConsumer<RoutingListener, E> how, E event) {
        for (RoutingListener listener : listeners) {
            try {
                how.accept(listener, event);
            } catch (RuntimeException e) {
                LOG.warn("a routing listener failed and is ignored", e);
            }
        }
    }
}
