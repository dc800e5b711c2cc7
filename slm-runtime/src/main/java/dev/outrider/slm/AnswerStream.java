package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.CallSyntax;
import dev.outrider.slm.chat.Reply;
import dev.outrider.slm.chat.ThoughtMarkers;
import dev.outrider.slm.tokenizer.TextDecoder;

/**
 * Cuts an answer into what a streaming handler is told: pieces of thought, pieces of text, pieces of calls, whole calls. All pieces of a
 * kind together are what the whole answer holds, so text that may still turn out to be a stop sequence is held back. One instance
 * per answer, one thread.
 */
final class AnswerStream {

    private enum Phase {
        THINKING,
        BEGINNING,
        TEXT,
        CALLS
    }

    private final SlmChatModel.Loaded loaded;
    private final Answering.Prepared request;
    private final CarefulHandler handler;
    private final @Nullable ThoughtMarkers markers;
    private final @Nullable CallSyntax syntax;
    private final TextDecoder decoder;
    private final List<Integer> answer = new ArrayList<>();

    private Phase phase;
    private final StringBuilder thoughts = new StringBuilder();
    private int thoughtsTold;
    private final StringBuilder text = new StringBuilder();
    private int textTold;
    private int calls;
    private PartialCall call = new PartialCall();
    private final StringBuilder written = new StringBuilder();

    AnswerStream(SlmChatModel.Loaded loaded, Answering.Prepared request, CarefulHandler handler) {
        this.loaded = loaded;
        this.request = request;
        this.handler = handler;
        markers = request.thinks() ? loaded.format().thoughts().orElse(null) : null;
        syntax = loaded.format().callSyntax().orElse(null);
        decoder = loaded.tokenizer().decoder();
        phase = markers == null ? Phase.BEGINNING : Phase.THINKING;
        for (int token : request.opening()) {
            answer.add(token);
            if (loaded.format().beginsCall(token)) {
                phase = Phase.CALLS;
            }
        }
    }

    /** Takes the next token of the answer. */
    void accept(int token) {
        answer.add(token);
        if (loaded.format().stopTokens().contains(token)) {
            return;
        }
        if (phase == Phase.BEGINNING) {
            if (markers != null && loaded.tokenizer().written(new int[] {token}).isBlank()) {
                return; // the gap between thoughts and answer
            }
            phase = loaded.format().beginsCall(token) ? Phase.CALLS : Phase.TEXT;
            if (phase == Phase.CALLS) {
                return;
            }
        }
        switch (phase) {
            case THINKING -> think(token, Objects.requireNonNull(markers));
            case TEXT -> {
                text.append(decoder.accept(token));
                tellText(text.length() - request.stops().longest() + 1);
            }
            case CALLS -> partOfCall(token);
            case BEGINNING -> throw new IllegalStateException("the answer has begun");
        }
    }

    private void think(int token, ThoughtMarkers markers) {
        if (token == markers.endToken()) {
            tellThoughts(thoughts.length());
            phase = Phase.BEGINNING;
            return;
        }
        thoughts.append(decoder.accept(token));
        int end = markers.endToken() == ThoughtMarkers.SPELT_OUT ? thoughts.indexOf(markers.end()) : -1;
        if (end >= 0) {
            tellThoughts(end);
            phase = Phase.BEGINNING;
        } else {
            tellThoughts(thoughts.length() - markers.end().length() + 1);
        }
    }

    private void tellThoughts(int upTo) {
        if (upTo > thoughtsTold) {
            handler.thinking(thoughts.substring(thoughtsTold, upTo));
            thoughtsTold = upTo;
        }
    }

    private void tellText(int upTo) {
        int end = Math.min(upTo, request.stops().cut(text.toString()).length());
        // a pair of surrogates is one character
        if (end > textTold && end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        if (end > textTold) {
            handler.text(text.substring(textTold, end));
            textTold = end;
        }
    }

    private void partOfCall(int token) {
        if (request.tools().isEmpty()) {
            return; // such an answer turns out to be no call
        }
        written.append(loaded.tokenizer().written(new int[] {token}));
        if (syntax != null && written.toString().stripTrailing().endsWith(syntax.close().strip())) {
            written.setLength(0);
            tellWholeCalls();
        } else if (syntax != null && syntax.form() == CallSyntax.Form.JSON_OBJECT && !loaded.format().beginsCall(token)) {
            call.accept(decoder.accept(token));
            String piece = call.take();
            if (!piece.isEmpty()) {
                handler.partOfCall(calls, request.ids().of(calls), Objects.requireNonNull(call.name()), piece);
            }
        }
    }

    /** Parses what is there as if the answer ended here; calls that were not told yet are whole now. */
    private void tellWholeCalls() {
        int[] tokens = answer.stream().mapToInt(Integer::intValue).toArray();
        if (loaded.format().parse(tokens, request.tools()).reply() instanceof Reply.Calls whole) {
            for (; calls < whole.calls().size(); calls++) {
                tellWhole(AnswerReader.request(request.ids().of(calls), whole.calls().get(calls)));
            }
        }
        call = new PartialCall();
    }

    private void tellWhole(ToolExecutionRequest whole) {
        String rest = whole.arguments().substring(Math.min(call.told(), whole.arguments().length()));
        if (!rest.isBlank()) {
            handler.partOfCall(calls, whole.id(), whole.name(), rest);
        }
        handler.call(calls, whole);
        call = new PartialCall();
    }

    /** Tells what was held back, then the whole. */
    void complete(ChatResponse response) {
        AiMessage message = response.aiMessage();
        tellThoughts(thoughts.length());
        String whole = message.text();
        if (whole != null && whole.startsWith(text.substring(0, textTold))) {
            handler.text(whole.substring(textTold));
        }
        List<ToolExecutionRequest> requests = message.toolExecutionRequests();
        for (; calls < requests.size(); calls++) {
            tellWhole(requests.get(calls));
        }
        handler.complete(response);
    }

    void fail(Throwable cause) {
        handler.error(cause);
    }
}
