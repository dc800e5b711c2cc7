package dev.outrider.bench;

import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;

/** A ledger in memory that does not grow while it is measured. */
final class LastRecord implements Ledger {

    private volatile @Nullable DecisionRecord last;

    @Override
    public void append(DecisionRecord record) {
        last = record;
    }

    /** The record written last. */
    @Nullable DecisionRecord last() {
        return last;
    }
}
