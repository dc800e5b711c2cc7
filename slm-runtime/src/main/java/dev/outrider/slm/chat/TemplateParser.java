package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Parses completions of models at large: {@code [<think>…</think>] [text] [calls] end}, with calls in the {@link CallSyntax} of their format.
 * White space between the parts is of no meaning. Text behind a call is not allowed: a call ends an answer.
 *
 * @param calls null in a format without calls
 */
record TemplateParser(Tokenizer tokenizer, Set<Integer> stopTokens, @Nullable CallSyntax calls) {

    Completion parse(int[] answer, List<ToolSpecification> tools) {
        int end = 0;
        while (end < answer.length && !stopTokens.contains(answer[end])) {
            end++;
        }
        AnswerText text = new AnswerText(tokenizer, answer, end);
        int start = 0;
        @Nullable String thinking = null;
        int thinkingTokens = 0;
        int begin = text.skipBlank(0, text.length());
        if (text.startsWith(Markers.THINK, begin)) {
            int from = begin + AnswerText.length(Markers.THINK);
            int closed = text.find(Markers.THINK_END, from, text.length());
            int to = closed < 0 ? text.length() : closed;
            String thought = text.text(from, to).strip();
            if (!thought.isEmpty()) {
                thinking = thought;
                thinkingTokens = text.tokensWithin(from, to);
            }
            if (closed < 0) {
                return malformed(text, answer, to, thinking, thinkingTokens, "the thoughts do not end");
            }
            start = closed + AnswerText.length(Markers.THINK_END);
        }
        BitSet decisions = new BitSet();
        BitSet names = new BitSet();
        try {
            Reply reply = reply(text, start, tools, decisions, names);
            return new Completion(reply, thinking, thinkingTokens, text.tokensOf(decisions), text.tokensOf(names));
        } catch (MalformedCompletionException e) {
            return malformed(text, answer, start, thinking, thinkingTokens, e.problem());
        }
    }

    private Reply reply(AnswerText text, int start, List<ToolSpecification> tools, BitSet decisions, BitSet names)
            throws MalformedCompletionException {
        int begin = text.skipBlank(start, text.length());
        int call = calls == null ? -1 : text.find(open(calls), begin, text.length());
        int to = text.trimEnd(begin, call < 0 ? text.length() : call);
        requirePlain(text, begin, to);
        decisions.set(begin);
        if (call < 0) {
            if (begin == to) {
                throw new MalformedCompletionException("the answer is empty");
            }
            return new Reply.Text(text.text(begin, to));
        }
        decisions.set(call);
        List<ToolCall> all = calls(text, call, tools, decisions, names);
        return new Reply.Calls(all, begin == to ? null : text.text(begin, to));
    }

    private void requirePlain(AnswerText text, int from, int to) throws MalformedCompletionException {
        String control = text.control(from, to);
        if (!control.isEmpty()) {
            throw new MalformedCompletionException("the marker " + control + " stands inside a text");
        }
        if (calls != null && text.find(close(calls), from, to) >= 0) {
            throw new MalformedCompletionException("the marker " + close(calls) + " stands inside a text");
        }
    }

    private List<ToolCall> calls(AnswerText text, int first, List<ToolSpecification> tools, BitSet decisions, BitSet names)
            throws MalformedCompletionException {
        CallSyntax syntax = calls;
        if (syntax == null) {
            throw new IllegalStateException("a format without calls");
        }
        List<ToolCall> found = new ArrayList<>();
        int at = first;
        while (at < text.length()) {
            if (!text.startsWith(open(syntax), at) || (syntax.form() == CallSyntax.Form.JSON_LIST && !found.isEmpty())) {
                throw new MalformedCompletionException("there is text behind a call");
            }
            decisions.set(at);
            int from = at + AnswerText.length(open(syntax));
            int to = text.find(close(syntax), from, text.length());
            if (to < 0) {
                throw new MalformedCompletionException("a call is not closed");
            }
            String control = text.control(from, to);
            if (!control.isEmpty()) {
                throw new MalformedCompletionException("the marker " + control + " stands inside a call");
            }
            BitSet decided = new BitSet();
            BitSet named = new BitSet();
            byte[] inside = text.bytes(from, to);
            switch (syntax.form()) {
                case JSON_OBJECT -> found.add(CallParser.parse(inside, decided, named));
                case JSON_LIST -> found.addAll(CallParser.parseList(inside, decided, named));
                case XML -> found.add(XmlCall.parse(inside, tools, decided, named));
            }
            decided.stream().forEach(place -> decisions.set(from + place));
            named.stream().forEach(place -> names.set(from + place));
            int behind = to + AnswerText.length(close(syntax));
            at = text.skipBlank(behind, text.length());
            // another call, or the end: the token behind the call's says which
            decisions.set(behind);
            decisions.set(at);
        }
        return found;
    }

    /** The marker alone: line breaks around it are of no meaning in an answer. */
    private static String open(CallSyntax syntax) {
        return syntax.open().strip();
    }

    private static String close(CallSyntax syntax) {
        return syntax.close().strip();
    }

    private static Completion malformed(
            AnswerText text, int[] answer, int start, @Nullable String thinking, int thinkingTokens, String problem) {
        int token = text.tokenFrom(start);
        BitSet decisions = new BitSet(answer.length);
        decisions.set(Math.min(token, answer.length), answer.length);
        return new Completion(
                new Reply.Malformed(text.written(token), problem), thinking, thinkingTokens, decisions, new BitSet());
    }
}
