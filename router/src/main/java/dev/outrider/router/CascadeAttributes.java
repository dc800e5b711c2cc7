package dev.outrider.router;

import dev.langchain4j.model.chat.ChatRequestOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.BudgetKeys;
import dev.outrider.slm.SlmChatRequestParameters;

/**
 * What a caller may say about a query: whose budget it is, what kind of work, and names by which its ledger record can be
 * joined to the caller's own books. The attributes travel in LangChain4j's {@link ChatRequestOptions} (its listener
 * attributes), which are never sent to a provider:
 *
 * <pre>{@code
 * cascade.chat(request, CascadeAttributes.of("session-7", "case-12", "desk").withTenant("acme").toOptions());
 * }</pre>
 *
 * @param tenant on whose account the query runs
 * @param session the conversation or run that the query belongs to
 * @param request the person's request within the session, of which this may be one of several queries
 * @param subtask kind of part of the request that the query works on
 * @param query the caller's own id of the query
 * @param workload label of the kind of work
 * @param names names of people in the query, to be replaced where the policy has requests redacted before they leave
 */
public record CascadeAttributes(
        @Nullable String tenant,
        @Nullable String session,
        @Nullable String request,
        @Nullable String subtask,
        @Nullable String query,
        @Nullable String workload,
        List<String> names) {

    /** Key of the tenant among the listener attributes. */
    public static final String TENANT = "outrider.tenant";

    /** Key of the session among the listener attributes. */
    public static final String SESSION = "outrider.session";

    /** Key of the request among the listener attributes. */
    public static final String REQUEST = "outrider.request";

    /** Key of the subtask among the listener attributes. */
    public static final String SUBTASK = "outrider.subtask";

    /** Key of the caller's query id among the listener attributes. */
    public static final String QUERY = "outrider.query";

    /** Key of the workload label among the listener attributes. */
    public static final String WORKLOAD = "outrider.workload";

    /** Key of the names among the listener attributes; a collection. */
    public static final String NAMES = "outrider.names";

    /**
     * Key under which the cascade tells a local model that can think how many tokens of thought it may spend; absent when
     * it must not think.
     */
    public static final String MAX_THINK_TOKENS = SlmChatRequestParameters.MAX_THINK_TOKENS;

    /** Nothing said. */
    public static final CascadeAttributes NONE = of(null, null, null);

    public CascadeAttributes {
        names = List.copyOf(names);
    }

    /** The usual three. */
    public static CascadeAttributes of(@Nullable String session, @Nullable String query, @Nullable String workload) {
        return new CascadeAttributes(null, session, null, null, query, workload, List.of());
    }

    /** The same on the account of this tenant. */
    public CascadeAttributes withTenant(String tenant) {
        return new CascadeAttributes(tenant, session, request, subtask, query, workload, names);
    }

    /** The same for this part of this request. */
    public CascadeAttributes withRequest(String request, @Nullable String subtask) {
        return new CascadeAttributes(tenant, session, request, subtask, query, workload, names);
    }

    /** The same with these names of people. */
    public CascadeAttributes withNames(Collection<String> names) {
        return new CascadeAttributes(tenant, session, request, subtask, query, workload, List.copyOf(names));
    }

    /** Options that carry these attributes and nothing else. */
    public ChatRequestOptions toOptions() {
        return addTo(ChatRequestOptions.EMPTY);
    }

    /** Options that carry these attributes beside what is there already. */
    public ChatRequestOptions addTo(ChatRequestOptions options) {
        Map<Object, Object> attributes = new LinkedHashMap<>(options.listenerAttributes());
        put(attributes, TENANT, tenant);
        put(attributes, SESSION, session);
        put(attributes, REQUEST, request);
        put(attributes, SUBTASK, subtask);
        put(attributes, QUERY, query);
        put(attributes, WORKLOAD, workload);
        if (!names.isEmpty()) {
            attributes.put(NAMES, names);
        }
        return ChatRequestOptions.builder().listenerAttributes(attributes).build();
    }

    /** Reads the attributes of a call. */
    public static CascadeAttributes from(ChatRequestOptions options) {
        Map<Object, Object> attributes = options.listenerAttributes();
        if (attributes.isEmpty()) {
            return NONE;
        }
        return new CascadeAttributes(
                text(attributes.get(TENANT)),
                text(attributes.get(SESSION)),
                text(attributes.get(REQUEST)),
                text(attributes.get(SUBTASK)),
                text(attributes.get(QUERY)),
                text(attributes.get(WORKLOAD)),
                texts(attributes.get(NAMES)));
    }

    /**
     * Whose budgets the query is charged to.
     *
     * @param id the cascade's id of the query: a query of no named request is a request of its own
     */
    BudgetKeys budgetKeys(String id) {
        return new BudgetKeys(tenant, session, request == null ? id : request, subtask);
    }

    private static void put(Map<Object, Object> attributes, String key, @Nullable String value) {
        if (value != null) {
            attributes.put(key, value);
        }
    }

    /** A blank name is none. */
    private static @Nullable String text(@Nullable Object value) {
        return value == null || value.toString().isBlank() ? null : value.toString();
    }

    private static List<String> texts(@Nullable Object value) {
        List<String> texts = new ArrayList<>();
        if (value instanceof Collection<?> names) {
            for (Object name : names) {
                if (name != null && !name.toString().isBlank()) {
                    texts.add(name.toString());
                }
            }
        }
        return texts;
    }
}
