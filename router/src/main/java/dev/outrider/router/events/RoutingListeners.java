package dev.outrider.router.events;

import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;

/** Several listeners as one. What one of them throws is logged, and the others are told all the same. */
public final class RoutingListeners implements RoutingListener {

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

    @Override
    public void onQuery(RoutingEvent.Query query) {
        tell(listener -> listener.onQuery(query));
    }

    @Override
    public void onLocalAnswer(RoutingEvent.LocalAnswer answer) {
        tell(listener -> listener.onLocalAnswer(answer));
    }

    @Override
    public void onEscalation(RoutingEvent.Escalation escalation) {
        tell(listener -> listener.onEscalation(escalation));
    }

    @Override
    public void onRemoteAttempt(RoutingEvent.RemoteAttempt attempt) {
        tell(listener -> listener.onRemoteAttempt(attempt));
    }

    @Override
    public void onBudgetExhausted(RoutingEvent.BudgetExhausted exhausted) {
        tell(listener -> listener.onBudgetExhausted(exhausted));
    }

    @Override
    public void onDecision(DecisionRecord record) {
        tell(listener -> listener.onDecision(record));
    }

    @Override
    public void onAudit(AuditRecord audit) {
        tell(listener -> listener.onAudit(audit));
    }

    @Override
    public void onDriftAlarm(RoutingEvent.DriftAlarm alarm) {
        tell(listener -> listener.onDriftAlarm(alarm));
    }

    @Override
    public void onPolicyReloaded(RoutingEvent.PolicyReloaded reloaded) {
        tell(listener -> listener.onPolicyReloaded(reloaded));
    }

    private void tell(Consumer<RoutingListener> event) {
        for (RoutingListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.warn("a routing listener failed and is ignored", e);
            }
        }
    }
}
