package dev.outrider.slm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ThoughtMarkers;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Lets a model think before it answers, but not for longer than it may. While the thought is open every token is allowed but those that end
 * an answer. Once the budget is spent, or only the tokens reserved for the answer are left, the closing marker is forced. Behind the marker
 * the constraint of the answer takes over; it sees the answer's tokens alone.
 *
 * <p>For answers whose prompt ends inside a thought, see {@link dev.outrider.slm.chat.Prompt#thinks}. One instance per answer.
 *
 * <pre>{@code
 * ThinkingBudget budget = new ThinkingBudget(markers, tokenizer, format.stopTokens(), 512, 64, grammar);
 * GenerationOptions options = GenerationOptions.builder().maxTokens(1024).constraint(budget).build();
 * Generation generation = engine.generate(prompt, options);
 * int thinkingTokens = budget.spent();
 * }</pre>
 */
public final class ThinkingBudget implements TokenConstraint {

    private enum Phase {
        THINKING,
        /** The closing tokens are on their way. */
        CLOSING,
        /** The model wrote the marker by itself; the gap behind it is still owed. */
        GAP,
        ANSWERING
    }

    private static final int[] NOTHING = {};

    private final ThoughtMarkers markers;
    private final Tokenizer tokenizer;
    private final byte[] end;
    private final int most;
    private final int reserve;
    private final @Nullable TokenConstraint answer;
    private final long[] thinkable;

    private Phase phase = Phase.THINKING;
    private int spent;
    private int closed;
    private boolean cut;

    // where the marker is spelt out: the bytes of the thought so far, where its tokens begin, and its last bytes, one fewer than the marker's
    private int written;
    private final List<Integer> begins = new ArrayList<>();
    private byte[] tail = {};

    /**
     * @param markers of the model's chat format
     * @param stopTokens tokens that end an answer; a thought cannot
     * @param most tokens of thought, the closing marker not among them; at least 1
     * @param reserve tokens of the generation's {@code maxTokens} that stay for the answer; at least 0
     * @param answer what the answer may consist of; null allows everything
     */
    public ThinkingBudget(
            ThoughtMarkers markers,
            Tokenizer tokenizer,
            Set<Integer> stopTokens,
            int most,
            int reserve,
            @Nullable TokenConstraint answer) {
        if (most < 1 || reserve < 0) {
            throw new IllegalArgumentException(
                    "a thought of at most " + most + " tokens with " + reserve + " reserved for the answer is impossible; allow at least 1"
                            + " and reserve at least 0, or switch thinking off");
        }
        this.markers = markers;
        this.tokenizer = tokenizer;
        this.most = most;
        this.reserve = reserve;
        this.answer = answer;
        end = markers.end().getBytes(StandardCharsets.UTF_8);
        thinkable = new long[(tokenizer.vocabularySize() + 63) / 64];
        Arrays.fill(thinkable, -1);
        stopTokens.forEach(token -> thinkable[token >> 6] &= ~(1L << token));
    }

    /** Tokens of thought so far, without the closing marker. */
    public int spent() {
        return spent;
    }

    /** Whether the thought was closed because it had become too long, not because the model had finished it. */
    public boolean isCut() {
        return cut;
    }

    /** Whether the thought is over, so that the answer has begun. */
    public boolean isAnswering() {
        return phase == Phase.ANSWERING;
    }

    @Override
    public long @Nullable [] mask(int remaining) {
        return switch (phase) {
            case THINKING -> {
                if (remaining > (long) reserve + markers.closing().length) {
                    yield thinkable;
                }
                close();
                yield only(markers.closing()[0]);
            }
            case CLOSING -> only(markers.closing()[closed]);
            case GAP -> only(markers.gap()[closed]);
            case ANSWERING -> answer == null ? null : answer.mask(remaining);
        };
    }

    private long[] only(int token) {
        long[] mask = new long[thinkable.length];
        mask[token >> 6] = 1L << token;
        return mask;
    }

    @Override
    public int[] forced() {
        return switch (phase) {
            case THINKING -> {
                if (spent < most) {
                    yield NOTHING;
                }
                close();
                yield markers.closing();
            }
            case CLOSING -> Arrays.copyOfRange(markers.closing(), closed, markers.closing().length);
            case GAP -> Arrays.copyOfRange(markers.gap(), closed, markers.gap().length);
            case ANSWERING -> answer == null ? NOTHING : answer.forced();
        };
    }

    private void close() {
        phase = Phase.CLOSING;
        closed = 0;
        cut = true;
    }

    @Override
    public void accept(int token) {
        switch (phase) {
            case THINKING -> think(token);
            case CLOSING -> phase = ++closed == markers.closing().length ? Phase.ANSWERING : Phase.CLOSING;
            case GAP -> phase = ++closed == markers.gap().length ? Phase.ANSWERING : Phase.GAP;
            case ANSWERING -> {
                if (answer != null) {
                    answer.accept(token);
                }
            }
        }
    }

    private void think(int token) {
        if (markers.endToken() != ThoughtMarkers.SPELT_OUT) {
            if (token == markers.endToken()) {
                answerAfter(true);
            } else {
                spent++;
            }
            return;
        }
        spent++;
        begins.add(written);
        byte[] more = tokenizer.bytes(token);
        written += more.length;
        byte[] text = Arrays.copyOf(tail, tail.length + more.length);
        System.arraycopy(more, 0, text, tail.length, more.length);
        int at = indexOf(text, end);
        if (at >= 0) {
            int marker = written - text.length + at;
            spent = (int) begins.stream().filter(begin -> begin < marker).count();
            answerAfter(at + end.length == text.length);
        } else {
            tail = Arrays.copyOfRange(text, Math.max(0, text.length - end.length + 1), text.length);
        }
    }

    private static int indexOf(byte[] text, byte[] wanted) {
        for (int at = 0; at + wanted.length <= text.length; at++) {
            if (Arrays.equals(text, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }

    private void answerAfter(boolean bare) {
        closed = 0;
        // with no constraint the model sets its own distance
        phase = bare && answer != null && markers.gap().length > 0 ? Phase.GAP : Phase.ANSWERING;
    }

    @Override
    public boolean isOver() {
        return phase == Phase.ANSWERING && answer != null && answer.isOver();
    }
}
