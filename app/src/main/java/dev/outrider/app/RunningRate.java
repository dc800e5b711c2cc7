package dev.outrider.app;

import java.time.Duration;
import java.util.Locale;

import dev.outrider.app.terminal.Progress;
import dev.outrider.evals.run.QueryResult;

/** How far a run is and what it comes to so far, on one line of the terminal. */
final class RunningRate implements dev.outrider.evals.run.Progress {

    private final Progress line;
    private int judged;
    private int replaced;
    private int right;

    RunningRate(Progress line) {
        this.line = line;
    }

    @Override
    public synchronized void judged(int done, int planned, QueryResult result, Duration elapsed, Duration left) {
        if (result.flags().isEmpty()) {
            judged++;
            replaced += result.replaced() ? 1 : 0;
            right += result.right() ? 1 : 0;
        }
        line.done(done, judged == 0
                ? ""
                : String.format(Locale.ROOT, "replaced %.1f %%, right %.1f %%", 100.0 * replaced / judged, 100.0 * right / judged));
    }
}
