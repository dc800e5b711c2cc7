package dev.outrider.app;

import dev.langchain4j.data.message.AiMessage;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

import dev.outrider.agents.AgentCall;
import dev.outrider.agents.AgentListener;
import dev.outrider.agents.AgentRun;
import dev.outrider.router.ledger.DecisionRecord;

/** Several listeners as one, told in order. */
record Listeners(List<AgentListener> listeners) implements AgentListener {

    @Override
    public void onRequest(String request) {
        tell(listener -> listener.onRequest(request));
    }

    @Override
    public void onQuery(int step) {
        tell(listener -> listener.onQuery(step));
    }

    @Override
    public void onAnswer(int step, AiMessage answer, @Nullable DecisionRecord record) {
        tell(listener -> listener.onAnswer(step, answer, record));
    }

    @Override
    public void onRefused(int step, DecisionRecord record) {
        tell(listener -> listener.onRefused(step, record));
    }

    @Override
    public void onCall(int step, AgentCall call) {
        tell(listener -> listener.onCall(step, call));
    }

    @Override
    public void onEnd(AgentRun run) {
        tell(listener -> listener.onEnd(run));
    }

    private void tell(Consumer<AgentListener> event) {
        listeners.forEach(event);
    }
}
