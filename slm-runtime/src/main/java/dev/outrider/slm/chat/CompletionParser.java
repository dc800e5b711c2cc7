package dev.outrider.slm.chat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Parses completions of the shape {@code [<think>…</think>] (text | <tool_call>JSON</tool_call>…) end}. It works on
 * tokens and not on text: only a marker token is a marker, and evidence is kept per token.
 *
 * @param call id of {@code <tool_call>}, or {@link Markers#NONE} in a format without calls
 * @param callEnd id of {@code </tool_call>}
 * @param think id of {@code <think>}, or {@link Markers#NONE}
 * @param thinkEnd id of {@code </think>}
 * @param wordsDecide whether the words of a text reply are decisions, as in a format whose models say each thing in one way
 */
record CompletionParser(
        Tokenizer tokenizer,
        Set<Integer> stopTokens,
        int call,
        int callEnd,
        int think,
        int thinkEnd,
        boolean wordsDecide) {


    Completion parse(int[] answer) {
        int end = 0;
        while (end < answer.length && !stopTokens.contains(answer[end])) {
            end++;
        }
        int start = 0;
        @Nullable String thinking = null;
        int thinkingTokens = 0;
        if (end > 0 && answer[0] == think) {
            int closed = indexOf(answer, thinkEnd, 1, end);
            thinkingTokens = Math.min(closed, end) - 1;
            thinking = tokenizer.decode(Arrays.copyOfRange(answer, 1, 1 + thinkingTokens));
            start = Math.min(closed + 1, end);
            while (start < end && tokenizer.type(answer[start]) != TokenType.CONTROL && isBlank(answer[start])) {
                start++;
            }
            if (closed == end) {
                return malformed(answer, start, end, thinking, thinkingTokens, "the thoughts do not end");
            }
        }
        if (thinking != null && thinking.isBlank()) {
            // an empty thought is how some formats switch thinking off
            thinking = null;
            thinkingTokens = 0;
        }
        BitSet decisions = new BitSet(answer.length);
        BitSet toolNames = new BitSet(answer.length);
        try {
            Reply reply = start < end && answer[start] == call
                    ? calls(answer, start, end, decisions, toolNames)
                    : text(answer, start, end, decisions);
            return new Completion(reply, thinking, thinkingTokens, decisions, toolNames);
        } catch (MalformedCompletionException e) {
            return malformed(answer, start, end, thinking, thinkingTokens, e.problem());
        }
    }

    private Reply text(int[] answer, int start, int end, BitSet decisions) throws MalformedCompletionException {
        if (start == end) {
            throw new MalformedCompletionException("the answer is empty");
        }
        for (int i = start; i < end; i++) {
            if (answer[i] == call || answer[i] == callEnd || tokenizer.type(answer[i]) == TokenType.CONTROL) {
                throw new MalformedCompletionException(
                        "the marker " + tokenizer.text(answer[i]) + " stands inside a text");
            }
        }
        String text = tokenizer.decode(Arrays.copyOfRange(answer, start, end));
        for (String marker : List.of(Markers.CALL, Markers.CALL_END)) {
            if (call != Markers.NONE && text.contains(marker)) {
                throw new MalformedCompletionException("the marker " + marker + " is spelt out as text");
            }
        }
        decisions.set(start, wordsDecide ? answer.length : start + 1);
        return new Reply.Text(text);
    }

    private Reply calls(int[] answer, int start, int end, BitSet decisions, BitSet toolNames)
            throws MalformedCompletionException {
        List<ToolCall> calls = new ArrayList<>();
        int i = start;
        while (i < end) {
            if (answer[i] != call) {
                throw new MalformedCompletionException("there is text behind a call");
            }
            decisions.set(i);
            int close = indexOf(answer, callEnd, i + 1, end);
            if (close == end) {
                throw new MalformedCompletionException("a call is not closed");
            }
            calls.add(call(answer, i + 1, close, decisions, toolNames));
            i = close + 1;
        }
        if (end < answer.length) {
            decisions.set(end);
        }
        return new Reply.Calls(calls);
    }

    /** Parses the tokens between two call markers and marks those that hold a decision byte, or one of the tool's name. */
    private ToolCall call(int[] answer, int from, int to, BitSet decisions, BitSet toolNames)
            throws MalformedCompletionException {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        int[] starts = new int[to - from + 1];
        for (int i = from; i < to; i++) {
            if (answer[i] == call || answer[i] == think || tokenizer.type(answer[i]) == TokenType.CONTROL) {
                throw new MalformedCompletionException(
                        "the marker " + tokenizer.text(answer[i]) + " stands inside a call");
            }
            json.writeBytes(tokenizer.bytes(answer[i]));
            starts[i - from + 1] = json.size();
        }
        BitSet decisionBytes = new BitSet(json.size());
        BitSet nameBytes = new BitSet(json.size());
        ToolCall parsed = CallParser.parse(json.toByteArray(), decisionBytes, nameBytes);
        for (int i = from; i < to; i++) {
            int begin = starts[i - from];
            int behind = starts[i - from + 1];
            decisions.set(i, holdsOneOf(decisionBytes, begin, behind));
            toolNames.set(i, holdsOneOf(nameBytes, begin, behind));
        }
        return parsed;
    }

    private boolean isBlank(int token) {
        return tokenizer.text(token).isBlank();
    }

    private static boolean holdsOneOf(BitSet bytes, int from, int to) {
        int next = bytes.nextSetBit(from);
        return next >= 0 && next < to;
    }

    private Completion malformed(
            int[] answer, int start, int end, @Nullable String thinking, int thinkingTokens, String problem) {
        String text = tokenizer.written(Arrays.copyOfRange(answer, start, end));
        BitSet decisions = new BitSet(answer.length);
        decisions.set(start, answer.length);
        return new Completion(
                new Reply.Malformed(text, problem), thinking, thinkingTokens, decisions, new BitSet());
    }

    private static int indexOf(int[] tokens, int token, int from, int to) {
        int i = from;
        while (i < to && tokens[i] != token) {
            i++;
        }
        return i;
    }
}
