package dev.outrider.evals.convert;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts of messages, and their words. */
final class Words {

    private static final Pattern WORD = Pattern.compile("[\\p{L}_]{2,}");
    private static final int MOST_CHARACTERS = 4000;
    private static final int OPENING = 400;

    private Words() {}

    static String text(ChatMessage message) {
        return switch (message) {
            case SystemMessage s -> s.text();
            case UserMessage u -> {
                StringBuilder all = new StringBuilder();
                for (Content c : u.contents()) {
                    all.append(c instanceof TextContent t ? t.text() : "");
                }
                yield all.toString();
            }
            case AiMessage a -> answer(a);
            case ToolExecutionResultMessage r -> r.text() == null ? "" : r.text();
            default -> "";
        };
    }

    static String answer(AiMessage a) {
        StringBuilder all = new StringBuilder(a.text() == null ? "" : a.text());
        for (ToolExecutionRequest c : a.toolExecutionRequests()) {
            all.append(' ').append(c.name()).append(c.arguments());
        }
        return all.toString();
    }

    /** Everything that the model could read, in one text. */
    static String context(AgentQuery q) {
        StringBuilder all = new StringBuilder();
        q.messages().forEach(m -> all.append(text(m)).append('\n'));
        return all.toString();
    }

    /** The words with which the newest message begins: what it asks for mostly stands there. */
    static List<String> ofOpening(AgentQuery q) {
        List<String> words = new ArrayList<>();
        if (!q.messages().isEmpty()) {
            String last = text(q.messages().getLast());
            Matcher m = WORD.matcher(last.substring(0, Math.min(OPENING, last.length())).toLowerCase(Locale.ROOT));
            while (m.find()) {
                words.add(m.group());
            }
        }
        return words;
    }

    /** The prompt's words and pairs of words: of the newest message, its beginning and its end, where instructions stand. */
    static List<String> ofPrompt(AgentQuery q) {
        if (q.messages().isEmpty()) {
            return List.of();
        }
        String last = text(q.messages().getLast());
        if (last.length() > MOST_CHARACTERS) {
            last = last.substring(0, MOST_CHARACTERS / 2) + " " + last.substring(last.length() - MOST_CHARACTERS / 2);
        }
        if (q.messages().getFirst() instanceof SystemMessage s && q.messages().size() > 1) {
            last += "\n" + s.text().substring(0, Math.min(1000, s.text().length()));
        }
        List<String> words = new ArrayList<>();
        Matcher m = WORD.matcher(last.toLowerCase(Locale.ROOT));
        String before = null;
        while (m.find()) {
            String word = m.group();
            words.add(word);
            if (before != null) {
                words.add(before + " " + word);
            }
            before = word;
        }
        return words;
    }
}
