package dev.outrider.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.outrider.agents.AgentListener;
import dev.outrider.app.terminal.Style;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.run.Progress;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;

/** The demo as it happens: every request with a number, its steps, and whether they were right. */
final class DemoView implements Progress, AutoCloseable {

    private static final int INDENT = 7;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Terminal terminal;
    private final boolean quiet;
    private final List<QueryResult> judged = new ArrayList<>();
    private int task;
    private String left = "";

    /**
     * @param quiet shows nothing but how far the run is
     */
    DemoView(Terminal terminal, boolean quiet) {
        this.terminal = terminal;
        this.quiet = quiet;
    }

    /** A listener for the next task. */
    AgentListener nextTask() {
        verdict();
        task++;
        return quiet ? AgentListener.NONE : new TaskView(task);
    }

    @Override
    public void judged(int done, int planned, QueryResult result, Duration elapsed, Duration remaining) {
        judged.add(result);
        left = done + " of " + planned + " done"
                + (elapsed.compareTo(PATIENCE) > 0 ? ", about " + Math.max(1, remaining.toSeconds()) + " s left" : "");
        if (quiet && terminal.errIsTerminal()) {
            terminal.err().print("\r" + left + "\u001b[K");
            terminal.err().flush();
        }
    }

    @Override
    public void close() {
        verdict();
        if (quiet && terminal.errIsTerminal()) {
            terminal.err().print("\r\u001b[K");
            terminal.err().flush();
        }
    }

    /** What the judge said about the task that ended. */
    private void verdict() {
        if (!quiet && !judged.isEmpty()) {
            long right = judged.stream().filter(QueryResult::right).count();
            long local = judged.stream().filter(QueryResult::answeredLocally).count();
            boolean fine = right == judged.size();
            String line = (fine ? "✓ " : "✗ ") + right + " of " + judged.size() + " queries right, " + local
                    + " answered locally";
            terminal.println(" ".repeat(INDENT) + terminal.styled(fine ? Style.GREEN : Style.RED, line)
                    + terminal.styled(Style.DIM, "   " + left));
            judged.stream().filter(result -> !result.right()).forEach(this::mistake);
        }
        judged.clear();
    }

    private void mistake(QueryResult result) {
        String who = result.route() == Route.LOCAL ? "local answer" : result.route() == Route.REMOTE ? "LLM's answer" : "no answer";
        terminal.println(" ".repeat(INDENT + 2)
                + terminal.styled(
                        Style.DIM,
                        Terminal.fit(
                                who + ": " + result.why() + "; right: " + result.expected(),
                                terminal.columns() - INDENT - 2)));
    }

    /** One task's requests and steps. */
    private final class TaskView extends LiveView {

        private final int number;

        TaskView(int number) {
            super(terminal, INDENT);
            this.number = number;
        }

        @Override
        public void onRequest(String request) {
            String label = String.format("%4d", number);
            terminal.println(terminal.styled(Style.BOLD, label + "   " + Terminal.fit(request, terminal.columns() - INDENT)));
        }
    }
}
