package dev.outrider.app;

import dev.langchain4j.data.message.AiMessage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

import dev.outrider.agents.AgentCall;
import dev.outrider.agents.AgentListener;
import dev.outrider.agents.AgentRun;
import dev.outrider.agents.Outcome;
import dev.outrider.app.terminal.Style;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.router.Decision;
import dev.outrider.router.MicroUsd;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * An agent's run as it happens, a line each: what the small model proposed and how sure it was, who answered, what the tools
 * said.
 */
class LiveView implements AgentListener {

    private static final int WHO_WIDTH = 16;
    private static final int MARK_WIDTH = 24;

    private final Terminal terminal;
    private final String indent;

    /**
     * @param indent blanks in front of every line of a request
     */
    LiveView(Terminal terminal, int indent) {
        this.terminal = terminal;
        this.indent = " ".repeat(indent);
    }

    @Override
    public void onAnswer(int step, AiMessage answer, @Nullable DecisionRecord record) {
        if (record == null) {
            line("model", AnswerText.of(answer), "", Style.BOLD);
            return;
        }
        local(record);
        DecisionRecord.Remote remote = record.remote();
        if (remote != null) {
            line(
                    "LLM    " + seconds(remote.seconds()),
                    AnswerText.of(answer),
                    MicroUsd.format(record.cost().remoteMicroUsd()),
                    Style.CYAN);
        }
    }

    @Override
    public void onRefused(int step, DecisionRecord record) {
        local(record);
        if (record.decision() instanceof Decision.Refuse refuse) {
            DecisionRecord.Remote remote = record.remote();
            String who = remote == null ? "no answer" : "LLM    " + seconds(remote.seconds());
            line(who, refuse.detail(), refuse.reason().name().toLowerCase(Locale.ROOT).replace('_', ' '), Style.RED);
        }
    }

    @Override
    public void onCall(int step, AgentCall call) {
        String text = call.outcome().text();
        if (call.ran() && call.outcome().succeeded()) {
            plain("tool", text, Style.DIM);
        } else {
            line("tool", text, call.status().name().toLowerCase(Locale.ROOT).replace('_', ' '), Style.RED);
        }
    }

    @Override
    public void onEnd(AgentRun run) {
        if (!run.outcome().succeeded() && run.outcome() != Outcome.REFUSED) {
            plain("agent", run.reason(), Style.RED);
        }
    }

    private void local(DecisionRecord record) {
        DecisionRecord.Local local = record.local();
        if (local == null) {
            String rule = record.rule();
            line("local  not asked", rule == null ? "" : "rule " + rule, "", Style.YELLOW);
            return;
        }
        Double probability = record.probability();
        String who = "local  " + (probability == null ? "" : String.format(Locale.ROOT, "%.3f", probability));
        String proposed = local.answer() != null ? AnswerText.of(local.answer()) : String.valueOf(local.error());
        if (record.decision() instanceof Decision.Accept) {
            line(who, proposed, "accepted", Style.GREEN);
        } else {
            line(who, proposed, why(record), Style.YELLOW);
        }
    }

    private static String why(DecisionRecord record) {
        Decision.Escalate escalation = record.escalation();
        if (escalation == null) {
            return "not taken";
        }
        Double threshold = record.threshold();
        return switch (escalation.reason()) {
            case LOW_CONFIDENCE -> threshold == null ? "not sure" : String.format(Locale.ROOT, "unsure, %.2f needed", threshold);
            default -> escalation.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.2f s", seconds);
    }

    private void line(String who, String what, String mark, Style style) {
        int room = terminal.columns() - indent.length() - WHO_WIDTH - MARK_WIDTH - 1;
        String text = Terminal.fit(what, room);
        terminal.println(indent + pad(who, WHO_WIDTH)
                + (mark.isEmpty() ? text : pad(text, room) + " " + terminal.styled(style, mark)));
    }

    private void plain(String who, String what, Style style) {
        int room = terminal.columns() - indent.length() - WHO_WIDTH;
        terminal.println(terminal.styled(style, indent + pad(who, WHO_WIDTH) + Terminal.fit(what, room)));
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
