package dev.outrider.app.terminal;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How far a long piece of work is, on one line of stderr that is written over; only for a person's screen, only when the work
 * takes longer than two seconds, and gone when the work is done.
 */
public final class Progress implements AutoCloseable {

    private static final long PATIENCE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long REFRESH_NANOS = Duration.ofMillis(200).toNanos();

    private final Terminal terminal;
    private final String what;
    private final long total;
    private final LongSupplier nanoTime;
    private final long started;
    private long shownAt;
    private boolean shown;
    private long before;

    /**
     * @param what the thing that is counted, in the plural
     * @param total how many there are
     * @param nanoTime a clock, as {@link System#nanoTime}
     */
    public Progress(Terminal terminal, String what, long total, LongSupplier nanoTime) {
        this.terminal = terminal;
        this.what = what;
        this.total = total;
        this.nanoTime = nanoTime;
        this.started = nanoTime.getAsLong();
        this.shownAt = started;
    }

    /** Says that so many were done before, by an earlier start: they say nothing about the pace. */
    public synchronized void doneBefore(long count) {
        before = count;
    }

    /** Says that so many are done. */
    public void done(long count) {
        done(count, "");
    }

    /**
     * Says that so many are done.
     *
     * @param remark what else is known by now; may be empty
     */
    public synchronized void done(long count, String remark) {
        long now = nanoTime.getAsLong();
        if (!terminal.errIsTerminal() || now - started < PATIENCE_NANOS || now - shownAt < REFRESH_NANOS) {
            return;
        }
        shownAt = now;
        shown = true;
        double seconds = (now - started) / 1e9;
        long fresh = count - before;
        String left = fresh <= 0 ? "" : ", about " + human(seconds / fresh * (total - count)) + " left";
        String more = remark.isEmpty() ? "" : ", " + remark;
        terminal.err().print("\r" + Terminal.fit(count + " of " + total + " " + what + more + left, terminal.columns() - 1)
                + "\u001b[K");
        terminal.err().flush();
    }

    @Override
    public synchronized void close() {
        if (shown) {
            terminal.err().print("\r\u001b[K");
            terminal.err().flush();
        }
    }

    /** Seconds as {@code 8 s} or {@code 3 min 20 s}. */
    static String human(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
    }
}
