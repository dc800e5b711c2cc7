package dev.outrider.agents;

import dev.langchain4j.data.message.AiMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.ledger.DecisionRecord;

/** Keeps a listener's failure from becoming the agent's. */
final class CalmListener implements AgentListener {

    private static final Logger LOG = LoggerFactory.getLogger(CalmListener.class);

    private final AgentListener listener;

    CalmListener(AgentListener listener) {
        this.listener = listener;
    }

    @Override
    public void onRequest(String request) {
        calmly(() -> listener.onRequest(request));
    }

    @Override
    public void onQuery(int step) {
        calmly(() -> listener.onQuery(step));
    }

    @Override
    public void onAnswer(int step, AiMessage answer, @Nullable DecisionRecord record) {
        calmly(() -> listener.onAnswer(step, answer, record));
    }

    @Override
    public void onRefused(int step, DecisionRecord record) {
        calmly(() -> listener.onRefused(step, record));
    }

    @Override
    public void onCall(int step, AgentCall call) {
        calmly(() -> listener.onCall(step, call));
    }

    @Override
    public void onEnd(AgentRun run) {
        calmly(() -> listener.onEnd(run));
    }

    private static void calmly(Runnable notification) {
        try {
            notification.run();
        } catch (RuntimeException e) {
            LOG.warn("An agent listener failed with {}; the run goes on.", OneLine.of(e));
            LOG.debug("The listener failed here", e);
        }
    }
}
