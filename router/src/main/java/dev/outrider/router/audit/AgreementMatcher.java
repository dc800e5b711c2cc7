package dev.outrider.router.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.Answer;

/**
 * Whether two answers to the same query say the same. An audit can do no better than its matcher: where replies may be
 * worded in many ways, bring one that knows what matters in them.
 */
@FunctionalInterface
public interface AgreementMatcher {

    /**
     * Whether the answers say the same.
     *
     * @param local the SLM's
     * @param remote the LLM's
     */
    boolean agree(Answer local, Answer remote);

    /**
     * Calls agree when they name the same tools in the same order with equal arguments (JSON by value: key order and 5 or
     * 5.0 do not matter); text beside calls does not matter. Replies agree when their words do: case, blanks, Unicode
     * forms and punctuation at the ends of words do not matter. A call never agrees with a reply.
     */
    AgreementMatcher EXACT = (local, remote) -> local.calls().isEmpty() && remote.calls().isEmpty()
            ? Exact.words(local.text()).equals(Exact.words(remote.text()))
            : Exact.sameCalls(local.calls(), remote.calls());

    /** How {@link #EXACT} compares. */
    final class Exact {

        private static final JsonMapper JSON =
                JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

        private Exact() {}

        private static boolean sameCalls(List<Answer.Call> a, List<Answer.Call> b) {
            if (a.size() != b.size()) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!a.get(i).name().equals(b.get(i).name())
                        || !sameArguments(a.get(i).arguments(), b.get(i).arguments())) {
                    return false;
                }
            }
            return true;
        }

        private static boolean sameArguments(String a, String b) {
            try {
                JsonNode left = JSON.readTree(a.isBlank() ? "{}" : a);
                JsonNode right = JSON.readTree(b.isBlank() ? "{}" : b);
                return JsonValues.equal(left, right);
            } catch (JsonProcessingException e) {
                // what is no JSON can only be the same text
                return a.equals(b);
            }
        }

        private static List<String> words(@Nullable String text) {
            String plain = Normalizer.normalize(text == null ? "" : text, Normalizer.Form.NFKC)
                    .toLowerCase(Locale.ROOT);
            return List.of(plain.split("\\s+")).stream()
                    .map(word -> word.replaceAll("^[\\p{Punct}]+|[\\p{Punct}]+$", ""))
                    .filter(word -> !word.isEmpty())
                    .toList();
        }
    }
}
