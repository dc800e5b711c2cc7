package dev.outrider.evals.run;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends a run in good order when the process is told to end (Ctrl-C, SIGTERM): the run is stopped, and the process waits until whoever
 * holds this has written the partial report and closed it.
 *
 * <pre>{@code
 * try (StopOnExit guard = StopOnExit.of(runner::stop)) {
 *     EvalRun run = runner.run(suite);
 *     // write the report
 * }
 * }</pre>
 */
public final class StopOnExit implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    private StopOnExit(Runnable stop) {
        this.hook = new Thread(() -> {
            stop.run();
            try {
                if (!done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    System.err.println("the run did not end within " + PATIENCE.toSeconds() + " s; its report may be missing");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "outrider-stop-on-exit");
    }

    public static StopOnExit of(Runnable stop) {
        StopOnExit guard = new StopOnExit(stop);
        Runtime.getRuntime().addShutdownHook(guard.hook);
        return guard;
    }

    /** The report is written: the process may end. */
    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            // the hook is running and sees the latch
        }
    }
}
