package dev.outrider.agents;

import dev.langchain4j.data.message.AiMessage;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;

/**
 * Watches a run as it happens, on the thread that runs it. What a listener throws is logged and changes nothing.
 */
public interface AgentListener {

    /** Listens to nothing. */
    AgentListener NONE = new AgentListener() {};

    /** A person's request is about to be worked on. */
    default void onRequest(String request) {}

    /** The model is about to be asked; {@code step} counts from 1. */
    default void onQuery(int step) {}

    /** The model has answered; its calls have not run. The record is null where the model is no cascade. */
    default void onAnswer(int step, AiMessage answer, @Nullable DecisionRecord record) {}

    /** The cascade has refused the query; the run ends. */
    default void onRefused(int step, DecisionRecord record) {}

    /** A call has run, or was refused. */
    default void onCall(int step, AgentCall call) {}

    /** The run is over. */
    default void onEnd(AgentRun run) {}
}
