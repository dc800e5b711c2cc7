package dev.outrider.slm.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.GeneratedToken;
import dev.outrider.slm.Generation;
import dev.outrider.slm.GenerationOptions;
import dev.outrider.slm.GenerationTimeoutException;
import dev.outrider.slm.SlmException;
import dev.outrider.slm.TokenConstraint;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;
import dev.outrider.slm.state.Boundaries;
import dev.outrider.slm.state.PrefixTree;
import dev.outrider.slm.state.Snapshot;

/** One prompt and its answer, on the scheduler's thread; only {@link #result} and {@link #interrupt} are for others. */
final class Sequence {

    private final LanguageModel model;
    private final PrefixTree tree;
    private final GenerationOptions options;
    private final Set<Integer> stops;
    private final int promptTokens;
    private final int most;
    private final long stateBytes;
    private final long submitted = System.nanoTime();
    private final CompletableFuture<Outcome> result = new CompletableFuture<>();
    private @Nullable Runnable ending;
    private volatile boolean interrupted;

    /** The prompt, then the answer; those before the state's position were read. */
    private int[] text;

    private int length;
    private final List<GeneratedToken> generated = new ArrayList<>();
    private @Nullable SequenceState state;
    private int reused;
    private long started;
    private long decodeStarted;
    private long before;

    /**
     * @param prompt at least one token
     * @param stops tokens that end the answer
     * @param most tokens of the answer; the prompt and they fit the context
     */
    Sequence(
            LanguageModel model, PrefixTree tree, int[] prompt, GenerationOptions options, Set<Integer> stops, int most) {
        this.model = model;
        this.tree = tree;
        this.options = options;
        this.stops = stops;
        this.most = most;
        promptTokens = prompt.length;
        length = prompt.length;
        text = Arrays.copyOf(prompt, prompt.length + Math.min(most, 256));
        stateBytes = model.stateBytes(prompt.length + most);
    }

    /** Done when the answer is, on whatever thread. */
    CompletableFuture<Outcome> result() {
        return result;
    }

    /** Ends the sequence before its next step, as {@link GenerationOptions#cancelled} would. */
    void interrupt() {
        interrupted = true;
    }

    /** Bytes that the state may come to take. */
    long stateBytes() {
        return stateBytes;
    }

    /** Takes up work: from the longest snapshot that the prompt begins with, where there is one. */
    void start() {
        started = System.nanoTime();
        if (options.reuse() != null) {
            // the last token of the prompt is read in any case: the answer follows from its logits
            try (Snapshot snapshot = tree.longest(text, promptTokens - 1)) {
                if (snapshot != null) {
                    state = snapshot.fork(model, promptTokens + most);
                    reused = snapshot.position();
                    return;
                }
            }
        }
        state = model.newState(promptTokens + most);
    }

    /** Gives back the memory of a sequence that is done. */
    void release() {
        SequenceState held = state;
        state = null;
        if (held != null) {
            held.release();
        }
    }

    /** Whether the prompt is still being read. */
    boolean isReading() {
        return generated.isEmpty();
    }

    /** Whether it came to its end; whoever waits is told by {@link #handOver}. */
    boolean isDone() {
        return ending != null;
    }

    /** Tells whoever waits how it ended; only once its place is free, so that what they ask next finds it free. */
    void handOver() {
        if (ending != null) {
            ending.run();
        }
    }

    /** Ends the sequence when it was cancelled or its time is over. */
    void checkTime() {
        try {
            if (interrupted || options.cancelled().getAsBoolean()) {
                finish(Generation.Finish.CANCELLED);
            } else if (options.timeLimit() != null
                    && System.nanoTime() - submitted > options.timeLimit().toNanos()) {
                fail(new GenerationTimeoutException(options.timeLimit(), generated.size()));
            }
        } catch (Throwable t) {
            fail(t);
        }
    }

    /**
     * What this sequence does next.
     *
     * @param room most tokens that it may read; at least 1
     * @return null when it came to its end instead
     */
    @Nullable SequenceStep next(int room) {
        try {
            SequenceState state = running();
            int from = state.position();
            int end = isReading() && options.reuse() != null ? options.reuse().next(from, length) : length;
            int count = Math.min(room, end - from);
            boolean whole = from + count == length;
            return new SequenceStep(state, text, from, count, whole ? request() : null);
        } catch (Throwable t) {
            fail(t);
            return null;
        }
    }

    private ChoiceRequest request() {
        TokenConstraint constraint = options.constraint();
        return new ChoiceRequest(
                (float) options.temperature(),
                (float) options.topP(),
                options.topK(),
                options.seed(),
                length,
                constraint == null ? null : constraint.mask(most - generated.size()));
    }

    /**
     * Goes on after a step.
     *
     * @param choice the token chosen, when the step was to choose one
     */
    void advance(@Nullable TokenChoice choice) {
        try {
            if (isReading()) {
                keepAtBoundary();
            }
            if (choice != null) {
                take(choice);
            }
        } catch (Throwable t) {
            fail(t);
        }
    }

    private void keepAtBoundary() {
        Boundaries boundaries = options.reuse();
        int position = running().position();
        if (boundaries != null && (position == boundaries.preamble() || position == boundaries.turn())) {
            keep(position == boundaries.preamble());
        }
    }

    private void keep(boolean preamble) {
        int position = running().position();
        if (position > 0 && tree.holds(model.stateBytes(position)) && !tree.contains(text, position)) {
            try (Snapshot snapshot = Snapshot.of(model, running(), text)) {
                tree.put(snapshot, preamble);
            } catch (OutOfMemoryError e) {
                // the answer does not need it; what comes later reads a little more
                tree.clear();
            }
        }
    }

    private void take(TokenChoice choice) {
        if (choice.token() < 0) {
            throw new SlmException("the model computed logits that are no numbers, or its constraint allows no token;"
                    + " its file is damaged or its weights overflow");
        }
        if (generated.isEmpty()) {
            decodeStarted = System.nanoTime();
            before = decodeStarted;
        }
        add(choice.token(), choice.logProbability(), choice.top2Margin(), choice.maskedMass());
        TokenConstraint constraint = options.constraint();
        while (constraint != null && !isDone()) {
            int[] forced = constraint.forced();
            for (int i = 0; i < forced.length && !isDone(); i++) {
                add(forced[i], 0, 1, 0);
            }
            if (forced.length == 0) {
                break;
            }
        }
    }

    private void add(int id, double logProbability, double margin, double maskedMass) {
        long now = Math.max(System.nanoTime(), before + 1);
        GeneratedToken token = new GeneratedToken(id, logProbability, margin, maskedMass, (now - before) / 1e9);
        before = now;
        if (length == text.length) {
            text = Arrays.copyOf(text, Math.min(promptTokens + most, 2 * length));
        }
        text[length++] = id;
        generated.add(token);
        TokenConstraint constraint = options.constraint();
        if (constraint != null) {
            constraint.accept(id);
        }
        options.listener().accept(token);
        if (stops.contains(id) || options.stopAfter().test(id) || (constraint != null && constraint.isOver())) {
            finish(Generation.Finish.STOP);
        } else if (generated.size() == most) {
            finish(Generation.Finish.LENGTH);
        }
    }

    private void finish(Generation.Finish finish) {
        long now = System.nanoTime();
        if (finish != Generation.Finish.CANCELLED && options.reuse() != null) {
            keep(false);
        }
        boolean decoding = !generated.isEmpty();
        double prefill = started == 0 ? 0 : ((decoding ? decodeStarted : now) - started) / 1e9;
        double decode = decoding ? (now - decodeStarted) / 1e9 : 0;
        Outcome outcome = new Outcome(List.copyOf(generated), finish, reused, prefill, decode);
        end(() -> result.complete(outcome));
    }

    /** Ends the sequence without an answer. */
    void fail(Throwable cause) {
        end(() -> result.completeExceptionally(cause));
    }

    private void end(Runnable first) {
        if (ending == null) {
            ending = first;
        }
    }

    private SequenceState running() {
        if (state == null) {
            throw new IllegalStateException("the sequence has not started");
        }
        return state;
    }
}
