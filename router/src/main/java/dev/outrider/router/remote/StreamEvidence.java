package dev.outrider.router.remote;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.openai.LogProb;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.TokenScore;

/**
 * The tokens that a server says it generated, with the same tokens marked as decisions as the in-process model marks:
 * the first one behind the thoughts, a tool's name, every key and value of its arguments, what follows a call. The calls
 * are looked for as JSON in the text that the tokens spell; where a model writes calls in another way (XML, Python),
 * every token counts as a decision, since nothing in it is known to be forced.
 *
 * @param tokens in order; their ids are -1, for the protocol does not tell them
 * @param thinkingTokens how many of them were thoughts
 */
record StreamEvidence(List<TokenScore> tokens, int thinkingTokens) {

    /** Servers round; anything above this is no logarithm of a probability. */
    private static final double ROUNDING = 1e-3;

    private static final byte[] END_OF_THOUGHTS = "</think>".getBytes(StandardCharsets.UTF_8);

    /** The log-probabilities are absent, or not those of the answer. */
    static final class UnusableException extends Exception {

        private static final long serialVersionUID = 1L;

        private final String why;

        private UnusableException(String why) {
            super(why, null, false, false);
            this.why = why;
        }

        String why() {
            return why;
        }
    }

    /**
     * Reads what a server gave.
     *
     * @param given the tokens; null or empty when the server gave none
     * @param answer the answer that they should spell
     * @param wordsDecide whether every word of a reply counts as a decision
     * @throws UnusableException with the reason when there is no evidence in them
     */
    static StreamEvidence read(@Nullable List<LogProb> given, AiMessage answer, boolean wordsDecide)
            throws UnusableException {
        if (given == null || given.isEmpty()) {
            throw new UnusableException("the server gave no log-probabilities; does it support logprobs?");
        }
        ByteArrayOutputStream spelled = new ByteArrayOutputStream();
        int[] starts = new int[given.size() + 1];
        for (int i = 0; i < given.size(); i++) {
            starts[i] = spelled.size();
            spelled.writeBytes(bytes(given.get(i)));
        }
        starts[given.size()] = spelled.size();
        byte[] text = spelled.toByteArray();
        int thoughtsEnd = indexOf(text, END_OF_THOUGHTS, 0);
        int begin = thoughtsEnd < 0 ? 0 : thoughtsEnd + END_OF_THOUGHTS.length;
        BitSet decisions = answer.hasToolExecutionRequests()
                ? ofCalls(text, begin, answer.toolExecutionRequests())
                : ofText(text, begin, answer.text(), wordsDecide);
        List<TokenScore> tokens = new ArrayList<>();
        int thinking = 0;
        for (int i = 0; i < given.size(); i++) {
            boolean thought = starts[i + 1] <= begin && starts[i] < begin;
            thinking += thought ? 1 : 0;
            int next = decisions.nextSetBit(Math.max(starts[i], begin));
            tokens.add(score(given.get(i), next >= 0 && next < starts[i + 1]));
        }
        return new StreamEvidence(List.copyOf(tokens), thinking);
    }

    private static BitSet ofText(byte[] spelled, int begin, @Nullable String text, boolean wordsDecide)
            throws UnusableException {
        byte[] wanted = (text == null ? "" : text.strip()).getBytes(StandardCharsets.UTF_8);
        int at = indexOf(spelled, wanted, begin);
        if (wanted.length == 0 || at < 0) {
            throw notOfTheAnswer();
        }
        BitSet decisions = new BitSet(spelled.length);
        int first = firstVisible(spelled, begin);
        decisions.set(first, wordsDecide ? spelled.length : first + 1);
        return decisions;
    }

    private static BitSet ofCalls(byte[] spelled, int begin, List<ToolExecutionRequest> calls)
            throws UnusableException {
        BitSet decisions = new BitSet(spelled.length);
        int from = begin;
        for (ToolExecutionRequest call : calls) {
            SpelledCall found = SpelledCall.find(spelled, from, call);
            if (found == null) {
                return ofUnknownForm(spelled, begin, calls);
            }
            markVisible(decisions, spelled, from, found.start());
            decisions.or(found.decisions());
            from = found.end();
        }
        markVisible(decisions, spelled, from, spelled.length);
        return decisions;
    }

    private static BitSet ofUnknownForm(byte[] spelled, int begin, List<ToolExecutionRequest> calls)
            throws UnusableException {
        for (ToolExecutionRequest call : calls) {
            String name = call.name() == null ? "" : call.name();
            if (indexOf(spelled, name.getBytes(StandardCharsets.UTF_8), begin) < 0) {
                throw notOfTheAnswer();
            }
        }
        BitSet all = new BitSet(spelled.length);
        all.set(begin, spelled.length);
        return all;
    }

    private static UnusableException notOfTheAnswer() {
        return new UnusableException("the server's log-probabilities are not those of the whole answer");
    }

    private static void markVisible(BitSet decisions, byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!isBlank(text[i])) {
                decisions.set(i);
            }
        }
    }

    private static int firstVisible(byte[] text, int from) {
        int i = from;
        while (i < text.length - 1 && isBlank(text[i])) {
            i++;
        }
        return i;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static byte[] bytes(LogProb token) throws UnusableException {
        List<Integer> given = token.bytes();
        if (given == null || given.isEmpty()) {
            if (token.token() == null) {
                throw new UnusableException("the server's log-probabilities name no token");
            }
            return token.token().getBytes(StandardCharsets.UTF_8);
        }
        byte[] bytes = new byte[given.size()];
        for (int i = 0; i < bytes.length; i++) {
            Integer value = given.get(i);
            bytes[i] = value == null ? (byte) '?' : (byte) value.intValue();
        }
        return bytes;
    }

    private static TokenScore score(LogProb token, boolean decision) throws UnusableException {
        double logProbability = logProbability(token);
        double first = 0;
        double second = 0;
        int alternatives = 0;
        if (token.topLogprobs() != null) {
            for (LogProb alternative : token.topLogprobs()) {
                double probability = Math.exp(logProbability(alternative));
                alternatives++;
                second = Math.max(second, Math.min(first, probability));
                first = Math.max(first, probability);
            }
        }
        if (alternatives < 2) {
            // all that is left might belong to one other token
            first = Math.exp(logProbability);
            second = 1 - first;
        }
        double margin = Math.clamp(first - second, 0, 1);
        return new TokenScore(
                -1, token.token() == null ? "" : token.token(), logProbability, margin, decision);
    }

    private static double logProbability(LogProb token) throws UnusableException {
        Double value = token.logprob();
        if (value == null || value.isNaN() || value > ROUNDING) {
            throw new UnusableException("the server gave " + value + " as a log-probability");
        }
        return Math.min(0, value);
    }

    private static int indexOf(byte[] text, byte[] part, int from) {
        for (int i = from; i <= text.length - part.length; i++) {
            int k = 0;
            while (k < part.length && text[i + k] == part[k]) {
                k++;
            }
            if (k == part.length) {
                return i;
            }
        }
        return -1;
    }
}
