package dev.outrider.router;

import dev.langchain4j.model.chat.ChatRequestOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a caller may say about a query so that its ledger record can be joined to the caller's own books. The attributes
 * travel in LangChain4j's {@link ChatRequestOptions} (its listener attributes), which are never sent to a provider:
 *
 * <pre>{@code
 * cascade.chat(request, new CascadeAttributes("session-7", "case-12", "desk").toOptions());
 * }</pre>
 *
 * @param session the conversation or run that the query belongs to
 * @param query the caller's own id of the query
 * @param workload label of the kind of work
 */
public record CascadeAttributes(@Nullable String session, @Nullable String query, @Nullable String workload) {

    /** Key of the session among the listener attributes. */
    public static final String SESSION = "outrider.session";

    /** Key of the caller's query id among the listener attributes. */
    public static final String QUERY = "outrider.query";

    /** Key of the workload label among the listener attributes. */
    public static final String WORKLOAD = "outrider.workload";

    /** Nothing said. */
    public static final CascadeAttributes NONE = new CascadeAttributes(null, null, null);

    /** Options that carry these attributes and nothing else. */
    public ChatRequestOptions toOptions() {
        return addTo(ChatRequestOptions.EMPTY);
    }

    /** Options that carry these attributes beside what is there already. */
    public ChatRequestOptions addTo(ChatRequestOptions options) {
        Map<Object, Object> attributes = new LinkedHashMap<>(options.listenerAttributes());
        put(attributes, SESSION, session);
        put(attributes, QUERY, query);
        put(attributes, WORKLOAD, workload);
        return ChatRequestOptions.builder().listenerAttributes(attributes).build();
    }

    /** Reads the attributes of a call. */
    public static CascadeAttributes from(ChatRequestOptions options) {
        Map<Object, Object> attributes = options.listenerAttributes();
        return new CascadeAttributes(
                text(attributes.get(SESSION)), text(attributes.get(QUERY)), text(attributes.get(WORKLOAD)));
    }

    private static void put(Map<Object, Object> attributes, String key, @Nullable String value) {
        if (value != null) {
            attributes.put(key, value);
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }
}
