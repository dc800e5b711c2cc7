package dev.outrider.router.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingListenersTest {

    private static RoutingListener noting(List<String> told, boolean failing) {
        return (RoutingListener) Proxy.newProxyInstance(
                RoutingListener.class.getClassLoader(), new Class<?>[] {RoutingListener.class}, (proxy, method, args) -> {
                    told.add(method.getName());
                    if (failing) {
                        throw new IllegalStateException("a listener's own fault");
                    }
                    return null;
                });
    }

    @Test
    void every_event_reaches_every_listener_whatever_the_others_do() {
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        RoutingListeners all = RoutingListeners.of(List.of(noting(first, true), noting(second, false)));
        all.tell(RoutingListener::onQuery, new RoutingEvent.Query("q", Instant.EPOCH, null, null, null, null));
        all.tell(RoutingListener::onPolicyReloaded, new RoutingEvent.PolicyReloaded(Instant.EPOCH, "1", "2", null));
        List<String> events = List.of("onQuery", "onPolicyReloaded");
        assertThat(first).isEqualTo(events);
        assertThat(second).isEqualTo(events);
    }

    @Test
    void says_when_nobody_listens() {
        assertThat(RoutingListeners.of(List.of()).isEmpty()).isTrue();
        assertThat(RoutingListeners.of(List.of(new RoutingListener() {})).isEmpty()).isFalse();
    }
}
