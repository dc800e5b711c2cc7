package dev.outrider.router.ledger;

import java.util.ArrayList;
import java.util.List;

/** Keeps decisions in memory: for tests, evaluations and short runs. */
public final class InMemoryLedger implements Ledger {

    private final List<DecisionRecord> records = new ArrayList<>();
    private final List<Egress> egresses = new ArrayList<>();

    @Override
    public synchronized void append(DecisionRecord record) {
        records.add(record);
    }

    @Override
    public synchronized void announce(Egress egress) {
        egresses.add(egress);
    }

    /** The records so far, oldest first. */
    public synchronized List<DecisionRecord> records() {
        return List.copyOf(records);
    }

    /** The queries that left for the LLM so far, oldest first. */
    public synchronized List<Egress> egresses() {
        return List.copyOf(egresses);
    }
}
