package dev.outrider.router.ledger;

/**
 * How decisions are written down.
 *
 * @param fsync whether every entry is forced to the disk before its answer leaves
 * @param keepAnswers whether the models' answers are kept; without them the ledger holds no text of a conversation
 */
public record LedgerSettings(boolean fsync, boolean keepAnswers) {

    /** Answers are kept, and the operating system chooses when entries reach the disk. */
    public static final LedgerSettings DEFAULTS = new LedgerSettings(false, true);
}
