package dev.outrider.router;

import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

import dev.outrider.router.AnswerCheck.Finding;
import dev.outrider.router.budget.Amounts;
import dev.outrider.router.budget.Grant;
import dev.outrider.router.budget.Lease;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.privacy.EgressGate;
import dev.outrider.router.remote.AnswerRelay;
import dev.outrider.router.remote.RemoteBill;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.RemotePrice;

/**
 * The LLM as the cascade asks it: budgets are asked first, the ledger is told before a byte leaves, the gate lets out
 * what may leave, the answer is checked like the SLM's, one repair is asked for, and every lease is settled or given back
 * whatever happens.
 */
final class RemoteTier {

    private final EgressGate gate;
    private final AnswerCheck check;
    private final Ledger ledger;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final RemotePrice price;
    private final int maxOutputTokens;
    private final Duration patience;

    RemoteTier(
            EgressGate gate,
            Policy policy,
            AnswerCheck check,
            Ledger ledger,
            InstantSource clock,
            LongSupplier nanos) {
        List<RemoteModelSettings> models = policy.models().remote();
        this.gate = gate;
        this.check = check;
        this.ledger = ledger;
        this.clock = clock;
        this.nanos = nanos;
        this.price = new RemotePrice(models.getFirst());
        this.maxOutputTokens =
                models.stream().mapToInt(RemoteModelSettings::maxOutputTokens).max().orElseThrow();
        this.patience = policy.resilience().queryTimeout();
    }

    /** How asking ended. The bill stands in every case. */
    sealed interface Outcome {
        RemoteBooks books();
    }

    /** An answer of the right form. */
    record Answered(ChatResponse response, RemoteBooks books) implements Outcome {}

    /** A budget does not cover it; nothing was sent, or no repair could be paid. */
    record NoBudget(Grant.Exhausted exhausted, RemoteBooks books) implements Outcome {}

    /** No usable answer. */
    record Failed(RemoteException fault, RemoteBooks books) implements Outcome {}

    /**
     * What is asked.
     *
     * @param id the query's id
     * @param purpose what for, in the ledger's words
     * @param egress what may leave
     * @param names of people, to be replaced where the egress is redacted
     */
    record Wish(
            String id,
            String purpose,
            ChatRequest request,
            ChatRequestOptions options,
            Egress egress,
            Collection<String> names) {

        Wish repaired(ChatRequest repair) {
            return new Wish(id, "repair", repair, options, egress, names);
        }
    }

    /** The LLMs' names in the order in which they are asked. */
    List<String> models() {
        return gate.models();
    }

    /** The most that one answer to this request should take. */
    Amounts worstCase(ChatRequest request) {
        Integer wanted = request.maxOutputTokens();
        long output = wanted == null ? maxOutputTokens : wanted;
        return new Amounts(
                gate.worstCase(request), 2 * price.promptTokens(request) + output, 0, patience.toMillis(), 0);
    }

    /** What an answer to this request usually costs, in micro-dollars: its prompt, and a quarter of the longest answer. */
    long usualPrice(ChatRequest request) {
        return price.cost(price.promptTokens(request), maxOutputTokens / 4);
    }

    /**
     * Asks, and once more when the answer has the wrong form.
     *
     * @throws dev.outrider.router.privacy.EgressRefusedException when it may not leave; nothing was sent then
     * @throws dev.outrider.router.budget.BudgetStoreException when it cannot be told what the budgets have left
     */
    Outcome ask(Wish wish, Charges charges) {
        RemoteBooks books = new RemoteBooks();
        Outcome first = askOnce(wish, charges, books);
        if (!(first instanceof Answered answered)) {
            return first;
        }
        Optional<Finding> finding = check.check(wish.request(), answered.response().aiMessage());
        if (finding.isEmpty()) {
            return first;
        }
        if (AnswerRelay.anythingLeft(AnswerRelay.in(wish.options()))) {
            return new Failed(
                    RemoteException.of(
                            RemoteException.Kind.BROKEN_OFF,
                            "answered in the wrong form (" + finding.get().inOneLine()
                                    + ") after part of its text had left"),
                    books);
        }
        ChatRequest repair = Repair.of(check, wish.request(), answered.response().aiMessage(), finding.get());
        Outcome second = askOnce(wish.repaired(repair), charges, books);
        if (!(second instanceof Answered repaired)) {
            return second;
        }
        Optional<Finding> still = check.check(wish.request(), repaired.response().aiMessage());
        return still.isEmpty()
                ? second
                : new Failed(
                        RemoteException.of(
                                RemoteException.Kind.INVALID_ANSWER,
                                "answered in the wrong form, also after it was told so ("
                                        + still.get().inOneLine() + ")"),
                        books);
    }

    private Outcome askOnce(Wish wish, Charges charges, RemoteBooks books) {
        Amounts worst = worstCase(wish.request());
        return switch (charges.lease(worst)) {
            case Grant.Exhausted exhausted -> new NoBudget(exhausted, books);
            case Grant.Granted granted -> askCovered(wish, granted.lease(), charges, books);
        };
    }

    private Outcome askCovered(Wish wish, Lease lease, Charges charges, RemoteBooks books) {
        long begin = nanos.getAsLong();
        try {
            ledger.announce(new EgressNotice(wish.id(), clock.instant(), lease.leased().microUsd()));
            books.sent(lease.leased().microUsd());
            EgressGate.Passed passed = gate.ask(wish.egress(), wish.request(), wish.options(), wish.names());
            books.answered(passed.reply(), passed.redactions());
            books.overdrew(charge(wish, lease, charges, passed.reply().bill(), begin));
            return new Answered(passed.reply().response(), books);
        } catch (RemoteException fault) {
            books.failed(fault.bill());
            books.overdrew(charge(wish, lease, charges, fault.bill(), begin));
            return new Failed(fault, books);
        } finally {
            books.took((nanos.getAsLong() - begin) / 1e9);
            lease.release();
        }
    }

    private long charge(Wish wish, Lease lease, Charges charges, RemoteBill bill, long begin) {
        long millis = Math.max(0, (nanos.getAsLong() - begin) / 1_000_000);
        return charges.settle(
                wish.purpose(),
                lease,
                new Amounts(bill.microUsd(), bill.inputTokens() + bill.outputTokens(), 0, millis, 0));
    }
}
