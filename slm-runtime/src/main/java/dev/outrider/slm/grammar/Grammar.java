package dev.outrider.slm.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A language of bytes and special tokens, run as a machine whose states are worked out when they are first reached and kept.
 * A state is the set of all places in the grammar where the text so far may stand; each place is a stack of what is still to
 * be written, so nesting is exact. Safe for many threads.
 *
 * <p>One grammar serves all answers to the same tools: states, and the masks kept per state, are shared.
 */
public final class Grammar {

    /** What is still to be written; interned, so that equal stacks are one object. */
    static final class Frame {
        final Expression head;
        final Frame tail;
        final int shortest;
        private final int id;

        private Frame(Expression head, Frame tail, int id) {
            this.head = head;
            this.tail = tail;
            this.shortest = Math.min(Expression.ENDLESS, head.shortest() + tail.shortest);
            this.id = id;
        }

        /** The bottom of every stack. */
        private Frame() {
            this.head = Expression.EMPTY;
            this.tail = this;
            this.shortest = 0;
            this.id = 0;
        }
    }

    private record FrameKey(Expression head, Frame tail) {
        @Override
        public boolean equals(Object other) {
            return other instanceof FrameKey key && key.head == head && key.tail == tail;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(head) * 31 + System.identityHashCode(tail);
        }
    }

    private record StateKey(int[] frames) {
        @Override
        public boolean equals(Object other) {
            return other instanceof StateKey key && Arrays.equals(key.frames, frames);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(frames);
        }
    }

    private final Frame bottom = new Frame();
    private final Map<FrameKey, Frame> frames = new HashMap<>();
    private final Map<StateKey, GrammarState> states = new HashMap<>();
    private final GrammarState start;

    Grammar(Expression expression) {
        start = state(List.of(frame(expression, bottom)));
    }

    /**
     * The JSON texts that a schema allows, as {@link JsonSchemaGrammar} reads it.
     *
     * @throws GrammarException when the schema uses what cannot be a grammar
     */
    public static Grammar json(JsonNode schema, Layout layout) {
        return new Grammar(new JsonSchemaGrammar(layout, PropertyOrder.ANY).expression(schema));
    }

    /** Where every text begins. */
    GrammarState start() {
        return start;
    }

    /** The state after one more symbol was written at these places; {@link GrammarState#DEAD} for no place. */
    synchronized GrammarState state(List<Frame> tails) {
        Set<Frame> seen = new HashSet<>();
        List<Frame> places = new ArrayList<>();
        Deque<Frame> open = new ArrayDeque<>(tails);
        while (!open.isEmpty()) {
            Frame frame = open.pop();
            if (!seen.add(frame)) {
                continue;
            }
            if (frame == bottom) {
                places.add(frame);
                continue;
            }
            switch (frame.head) {
                case Expression.OneByte _, Expression.OneToken _ -> places.add(frame);
                case Expression.Sequence sequence -> {
                    Frame rest = frame.tail;
                    for (Expression part : sequence.parts.reversed()) {
                        rest = frame(part, rest);
                    }
                    open.push(rest);
                }
                case Expression.Choice choice ->
                    choice.options.forEach(option -> open.push(frame(option, frame.tail)));
                case Expression.Repeat repeat -> {
                    if (repeat.least == 0) {
                        open.push(frame.tail);
                    }
                    open.push(frame(repeat.body, repeat.most == 1 ? frame.tail : frame(repeat.rest(), frame.tail)));
                }
                case Expression.Later later -> open.push(frame(later.expression(), frame.tail));
            }
        }
        if (places.isEmpty()) {
            return GrammarState.DEAD;
        }
        int[] ids = places.stream().mapToInt(frame -> frame.id).sorted().toArray();
        return states.computeIfAbsent(
                new StateKey(ids), _ -> new GrammarState(this, places.toArray(Frame[]::new), seen.contains(bottom)));
    }

    private Frame frame(Expression head, Frame tail) {
        return frames.computeIfAbsent(new FrameKey(head, tail), _ -> new Frame(head, tail, frames.size() + 1));
    }

    /** Number of states that were reached so far. */
    public synchronized int states() {
        return states.size();
    }
}
