package dev.outrider.bench;

import dev.langchain4j.model.chat.ChatRequestOptions;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

import dev.outrider.router.CascadeAttributes;

/** Whom the queries of one thread belong to: a request has four queries, a session eight requests, and tenants take turns. */
@State(Scope.Thread)
public class Callers {

    private static final int QUERIES = 4;
    private static final int REQUESTS = 8;
    private static final int TENANTS = 16;
    private static final AtomicInteger THREADS = new AtomicInteger();

    private final String prefix = "t" + THREADS.incrementAndGet() + "-";
    private int query;
    private ChatRequestOptions options = ChatRequestOptions.EMPTY;

    /** The options of the next query. */
    ChatRequestOptions next() {
        if (query % QUERIES == 0) {
            int request = query / QUERIES;
            int session = request / REQUESTS;
            options = CascadeAttributes.of(prefix + "session-" + session, null, "desk")
                    .withTenant("tenant-" + session % TENANTS)
                    .withRequest("request-" + request, null)
                    .toOptions();
        }
        query++;
        return options;
    }
}
