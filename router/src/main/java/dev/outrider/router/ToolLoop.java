package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Remembers which tier began a tool loop: a request, an answer with calls, their results, and so on until an answer in
 * text. The tier stands in the attributes of the answer ({@link AiMessage#attributes}), which live as long as the
 * conversation is kept; for callers that keep none it is remembered by session, for so many sessions. Nothing else of
 * the conversation is changed, so that the SLM finds its own past in it word for word. Safe for many threads.
 */
final class ToolLoop {

    /** Key among an answer's attributes. */
    static final String TIER = "outrider.tier";

    private static final int MOST_SESSIONS = 10_000;

    /** Who answered. */
    enum Tier {
        /** The SLM. */
        LOCAL,
        /** The LLM. */
        REMOTE
    }

    /** The answer that began a session's newest loop, as far as callers keep it: they may give its calls other ids. */
    private record Beginning(Tier tier, List<String> calls) {}

    private final Map<String, Beginning> sessions = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Beginning> eldest) {
            return size() > MOST_SESSIONS;
        }
    };

    /** The tier that began the loop which this request goes on with; empty when it goes on with none. */
    Optional<Tier> begunBy(ChatRequest request, @Nullable String session) {
        List<ChatMessage> messages = request.messages();
        if (!(messages.getLast() instanceof ToolExecutionResultMessage)) {
            return Optional.empty();
        }
        int last = messages.size() - 1;
        while (last >= 0 && !(messages.get(last) instanceof UserMessage)) {
            last--;
        }
        for (ChatMessage message : messages.subList(last + 1, messages.size())) {
            if (message instanceof AiMessage first) {
                return Optional.ofNullable(tierOf(first, session));
            }
        }
        return Optional.empty();
    }

    private @Nullable Tier tierOf(AiMessage first, @Nullable String session) {
        Object mark = first.attributes().get(TIER);
        for (Tier tier : Tier.values()) {
            if (tier.name().equals(mark)) {
                return tier;
            }
        }
        if (session == null) {
            return null;
        }
        synchronized (sessions) {
            Beginning beginning = sessions.get(session);
            return beginning != null && beginning.calls().equals(callsOf(first)) ? beginning.tier() : null;
        }
    }

    /** The answer with its tier in its attributes; a loop that it begins is remembered for the session. */
    AiMessage mark(AiMessage answer, Tier tier, ChatRequest request, @Nullable String session) {
        boolean begins = answer.hasToolExecutionRequests()
                && !(request.messages().getLast() instanceof ToolExecutionResultMessage);
        if (begins && session != null) {
            synchronized (sessions) {
                sessions.put(session, new Beginning(tier, callsOf(answer)));
            }
        }
        Map<String, Object> attributes = new LinkedHashMap<>(answer.attributes());
        attributes.put(TIER, tier.name());
        return answer.toBuilder().attributes(attributes).build();
    }

    private static List<String> callsOf(AiMessage answer) {
        List<String> calls = new ArrayList<>();
        for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
            calls.add(call.name() + " " + call.arguments());
        }
        return calls;
    }
}
