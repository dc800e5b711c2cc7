package dev.outrider.router.remote;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

import dev.outrider.router.internal.ImpossibleValue;

/**
 * The LLMs in the order in which they are asked: when one fails, or its breaker is open, the next one is asked, until
 * one answers or the query's time is over. Every request is charged at its own model's prices. Only
 * {@code EgressGate} may call {@link #ask}; a test holds that. Safe for many threads.
 */
public final class RemoteChain {

    private final List<RemoteModel> models;
    private final Duration queryTimeout;
    private final LongSupplier nanos;

    RemoteChain(List<RemoteModel> models, Duration queryTimeout, LongSupplier nanos) {
        ImpossibleValue.check(!models.isEmpty(), "remote", "names no model");
        ImpossibleValue.check(
                models.stream().map(RemoteModel::name).distinct().count() == models.size(),
                "remote",
                "names a model twice: " + models.stream().map(RemoteModel::name).toList());
        this.models = List.copyOf(models);
        this.queryTimeout = queryTimeout;
        this.nanos = nanos;
    }

    /** A chain of models; at least one, each with a name of its own. */
    public static RemoteChain of(List<RemoteModel> models, ResilienceSettings patience) {
        return new RemoteChain(models, patience.queryTimeout(), System::nanoTime);
    }

    /** A chain of one model. */
    public static RemoteChain of(RemoteModelSettings settings, ChatModel model, ResilienceSettings patience) {
        return of(List.of(RemoteModel.of(settings, model, patience)), patience);
    }

    /**
     * Asks the models in order.
     *
     * @return the first answer, and everything that was sent until then
     * @throws RemoteException when none answered: says which were tried and why each failed, and holds the bill. Its
     *     kind is that of the last fault
     */
    public RemoteReply ask(ChatRequest request, ChatRequestOptions options) {
        RemoteDeadline deadline = new RemoteDeadline(queryTimeout, nanos);
        List<RemoteCall> bill = new ArrayList<>();
        RemoteException last = null;
        for (RemoteModel model : models) {
            try {
                ChatResponse response = model.ask(request, options, deadline, bill);
                return new RemoteReply(model.name(), response, new RemoteBill(bill));
            } catch (RemoteException fault) {
                last = fault;
                if (!fault.kind().fallsBack() || AnswerRelay.anythingLeft(AnswerRelay.in(options))) {
                    break;
                }
            }
        }
        throw (last == null ? RemoteException.configuration("there is no LLM in the chain") : last)
                .ending(new RemoteBill(bill));
    }

    /**
     * The most that one query should be charged, in micro-dollars: one model answers at full length after every earlier
     * attempt of the chain failed in a way that is charged.
     */
    public long worstCase(ChatRequest request) {
        long worst = 0;
        long failedBefore = 0;
        for (RemoteModel model : models) {
            worst = Math.max(worst, failedBefore + model.worstFailures(request, true) + model.worstAnswer(request));
            failedBefore += model.worstFailures(request, false);
        }
        return worst;
    }

    /** The models' names in order. */
    public List<String> names() {
        return models.stream().map(RemoteModel::name).toList();
    }

    /** How every model's breaker stands, in order. */
    public Map<String, CircuitBreaker.State> breakerStates() {
        Map<String, CircuitBreaker.State> states = new LinkedHashMap<>();
        models.forEach(model -> states.put(model.name(), model.breakerState()));
        return states;
    }

    /** What all models can do: any of them may answer. */
    public Set<Capability> supportedCapabilities() {
        Set<Capability> common = EnumSet.allOf(Capability.class);
        models.forEach(model -> common.retainAll(model.supportedCapabilities()));
        return Set.copyOf(common);
    }

    @Override
    public String toString() {
        return "RemoteChain" + models;
    }
}
