package dev.outrider.evals.convert;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import dev.outrider.router.privacy.EgressRefusedException;
import dev.outrider.router.privacy.RedactionSettings;
import dev.outrider.router.privacy.Redactor;

/**
 * Makes a clean set of a log: wrong answers out, personal data out, twins out, in this order. Personal data are found by the redactor
 * that guards what leaves for the LLM; prompt and answer are redacted together, so that a value that is copied from one into the other
 * stays the same placeholder in both. Nothing is paraphrased: arguments must keep their values.
 */
public final class Curation {

    private final Redactor redactor = Redactor.of(RedactionSettings.DEFAULTS);
    private final Collection<String> names;

    /** @param names of people that no pattern can find */
    public Curation(Collection<String> names) {
        this.names = List.copyOf(names);
    }

    /**
     * What came of a log.
     *
     * @param kept the clean set
     * @param wrong left out because the log says that the answer or its task failed
     * @param twins left out because another query asks the same and is answered the same
     * @param unreadable left out because they hold something that cannot be looked through
     * @param replaced pieces of personal data that were replaced, in the kept and the twins
     */
    public record Curated(List<AgentQuery> kept, int wrong, int twins, int unreadable, int replaced) {}

    public Curated curate(List<AgentQuery> queries) {
        List<AgentQuery> kept = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        int wrong = 0;
        int twins = 0;
        int unreadable = 0;
        int replaced = 0;
        for (AgentQuery q : queries) {
            if (Boolean.FALSE.equals(q.outcome())) {
                wrong++;
                continue;
            }
            if (q.messages().isEmpty()) {
                // of a ledger: nothing but the answer, and no two of them are known to be the same query
                kept.add(q);
                continue;
            }
            List<ChatMessage> all = new ArrayList<>(q.messages());
            all.add(q.answer());
            try {
                var redacted = redactor.redact(ChatRequest.builder().messages(all).build(), names);
                List<ChatMessage> clean = redacted.request().messages();
                replaced += redacted.replaced();
                AgentQuery c = q.with(clean.subList(0, clean.size() - 1), (AiMessage) clean.getLast());
                if (seen.add(fingerprint(c))) {
                    kept.add(c);
                } else {
                    twins++;
                }
            } catch (EgressRefusedException e) {
                unreadable++;
            }
        }
        return new Curated(kept, wrong, twins, unreadable, replaced);
    }

    private static String fingerprint(AgentQuery q) {
        StringBuilder all = new StringBuilder();
        q.messages().forEach(m -> all.append(m.type()).append(' ').append(Words.text(m)).append('\n'));
        all.append(Words.text(q.answer()));
        return all.toString().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    }
}
