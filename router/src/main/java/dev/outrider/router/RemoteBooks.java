package dev.outrider.router;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecord.Tried;
import dev.outrider.router.remote.RemoteBill;
import dev.outrider.router.remote.RemoteCall;
import dev.outrider.router.remote.RemoteReply;

/** What one query took from the LLMs. Used by one thread. */
final class RemoteBooks {

    private RemoteBill bill = RemoteBill.EMPTY;
    private @Nullable String chosen;
    private String model = "unknown";
    private @Nullable Answer answer;
    private int calls;
    private int redactions;
    private long leasedMicroUsd;
    private long overdraftMicroUsd;
    private double seconds;

    /** A request is about to leave. */
    void sent(long leased) {
        calls++;
        leasedMicroUsd += leased;
    }

    void answered(RemoteReply reply, int replaced) {
        bill = bill.plus(reply.bill());
        chosen = reply.model();
        answer = Answer.of(reply.response().aiMessage());
        model = Objects.requireNonNullElse(reply.response().modelName(), model);
        redactions += replaced;
    }

    void failed(RemoteBill lost) {
        bill = bill.plus(lost);
    }

    void overdrew(long microUsd) {
        overdraftMicroUsd += microUsd;
    }

    void took(double more) {
        seconds += more;
    }

    /** Whether anything was to leave. */
    boolean isEmpty() {
        return calls == 0;
    }

    long microUsd() {
        return bill.microUsd();
    }

    RemoteBill bill() {
        return bill;
    }

    double seconds() {
        return seconds;
    }

    int redactions() {
        return redactions;
    }

    /** What the LLM calls itself. */
    String model() {
        return model;
    }

    @Nullable Answer answer() {
        return answer;
    }

    /** The name, in the policy, of the model that answered; null while none has. */
    @Nullable String chosen() {
        return chosen;
    }

    DecisionRecord.Remote toRecord(boolean keepAnswer, @Nullable String error) {
        List<Tried> tried = tried();
        return new DecisionRecord.Remote(
                model,
                keepAnswer ? answer : null,
                error,
                calls,
                bill.requests(),
                tried.isEmpty() ? null : tried,
                bill.inputTokens(),
                bill.outputTokens(),
                bill.estimated(),
                leasedMicroUsd,
                overdraftMicroUsd,
                seconds);
    }

    /** The other models that were asked and brought nothing. */
    private List<Tried> tried() {
        Map<String, Tried> tried = new LinkedHashMap<>();
        for (RemoteCall call : bill.calls()) {
            if (call.fault() != null && !call.model().equals(chosen)) {
                int sent = call.outcome() == RemoteCall.Outcome.NOT_SENT ? 0 : 1;
                tried.merge(
                        call.model(),
                        new Tried(call.model(), sent, Objects.requireNonNullElse(call.detail(), call.fault().name())),
                        (before, now) -> new Tried(now.model(), before.attempts() + now.attempts(), now.error()));
            }
        }
        // a chain of one has its error in the record already
        return chosen == null && tried.size() == 1 ? List.of() : new ArrayList<>(tried.values());
    }
}
