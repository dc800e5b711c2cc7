package dev.outrider.slm.state;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots by the tokens that led to them: a radix tree, so that the longest one that a prompt begins with is found in one walk. Holds
 * at most a number of bytes; what was not used for the longest time goes first. Preambles (what stands before a conversation: the
 * system prompt and the tools) go last, as long as they take no more than half of the memory. Thread-safe.
 */
public final class PrefixTree implements AutoCloseable {

    private static final class Node {
        int[] edge;
        @Nullable Node parent;
        final Map<Integer, Node> children = new HashMap<>();
        @Nullable Snapshot snapshot;

        Node(int[] edge, @Nullable Node parent) {
            this.edge = edge;
            this.parent = parent;
        }
    }

    private final long budget;
    private final Node root = new Node(new int[0], null);

    /** Nodes with snapshots, the least recently used first. */
    private final LinkedHashSet<Node> turns = new LinkedHashSet<>();

    private final LinkedHashSet<Node> preambles = new LinkedHashSet<>();

    private long bytes;
    private long preambleBytes;
    private long hits;
    private long misses;
    private long reusedTokens;
    private long evictions;

    /** @param budget most bytes; 0 keeps nothing */
    public PrefixTree(long budget) {
        if (budget < 0) {
            throw new IllegalArgumentException("a budget of " + budget + " bytes is impossible");
        }
        this.budget = budget;
    }

    /**
     * The longest snapshot that the first {@code most} of these tokens begin with, or null. The caller closes it.
     *
     * @param most tokens that may be left out; those behind must be read in any case
     */
    public synchronized @Nullable Snapshot longest(int[] tokens, int most) {
        Node best = find(tokens, most);
        if (best == null || best.snapshot == null) {
            misses++;
            return null;
        }
        hits++;
        reusedTokens += best.snapshot.position();
        touch(best);
        return best.snapshot.retain();
    }

    /** As {@link #longest}, for whoever looks at a prompt again: it counts as no use. */
    public synchronized @Nullable Snapshot near(int[] tokens, int most) {
        Node best = find(tokens, most);
        return best == null || best.snapshot == null ? null : best.snapshot.retain();
    }

    /** The deepest node with a snapshot that the first {@code most} tokens pass. */
    private @Nullable Node find(int[] tokens, int most) {
        Node best = null;
        Node node = root;
        int depth = 0;
        while (true) {
            if (node.snapshot != null) {
                best = node;
            }
            Node child = depth < most ? node.children.get(tokens[depth]) : null;
            if (child == null
                    || depth + child.edge.length > most
                    || !Arrays.equals(child.edge, 0, child.edge.length, tokens, depth, depth + child.edge.length)) {
                return best;
            }
            depth += child.edge.length;
            node = child;
        }
    }

    /** Whether there is a snapshot of exactly the first {@code count} tokens; it then counts as used. */
    public synchronized boolean contains(int[] tokens, int count) {
        Node node = root;
        int depth = 0;
        while (depth < count) {
            Node child = node.children.get(tokens[depth]);
            if (child == null
                    || depth + child.edge.length > count
                    || !Arrays.equals(child.edge, 0, child.edge.length, tokens, depth, depth + child.edge.length)) {
                return false;
            }
            depth += child.edge.length;
            node = child;
        }
        if (node.snapshot == null) {
            return false;
        }
        touch(node);
        return true;
    }

    /** Whether a snapshot of so many bytes would be kept. */
    public boolean holds(long size) {
        return size <= budget;
    }

    /**
     * Keeps a snapshot, as one more user of it, and drops others until the budget holds. One of the same tokens that is there stays.
     *
     * @param preamble whether it stands before a conversation
     */
    public synchronized void put(Snapshot snapshot, boolean preamble) {
        if (snapshot.bytes() > budget) {
            return;
        }
        Node node = node(snapshot.tokens());
        if (node.snapshot != null) {
            touch(node);
            return;
        }
        node.snapshot = snapshot.retain();
        bytes += snapshot.bytes();
        if (preamble) {
            preambles.add(node);
            preambleBytes += snapshot.bytes();
        } else {
            turns.add(node);
        }
        while (preambleBytes > budget / 2 && preambles.size() > 1) {
            demote(preambles.getFirst());
        }
        while (bytes > budget) {
            remove(turns.isEmpty() ? preambles.getFirst() : turns.getFirst());
            evictions++;
        }
    }

    private void touch(Node node) {
        LinkedHashSet<Node> order = preambles.contains(node) ? preambles : turns;
        order.remove(node);
        order.addLast(node);
    }

    /** A preamble that was not used for long becomes the first to go. */
    private void demote(Node node) {
        preambles.remove(node);
        preambleBytes -= held(node).bytes();
        turns.addFirst(node);
    }

    private void remove(Node node) {
        Snapshot snapshot = held(node);
        bytes -= snapshot.bytes();
        if (preambles.remove(node)) {
            preambleBytes -= snapshot.bytes();
        }
        turns.remove(node);
        node.snapshot = null;
        snapshot.close();
        prune(node);
    }

    private static Snapshot held(Node node) {
        if (node.snapshot == null) {
            throw new IllegalStateException("a node without a snapshot is kept in order of use");
        }
        return node.snapshot;
    }

    /** Takes out nodes that lead nowhere, and joins edges that no longer part. */
    private static void prune(Node start) {
        Node node = start;
        Node parent = node.parent;
        while (parent != null && node.snapshot == null && node.children.isEmpty()) {
            parent.children.remove(node.edge[0]);
            node = parent;
            parent = node.parent;
        }
        if (parent != null && node.snapshot == null && node.children.size() == 1) {
            Node child = node.children.values().iterator().next();
            int[] joined = Arrays.copyOf(node.edge, node.edge.length + child.edge.length);
            System.arraycopy(child.edge, 0, joined, node.edge.length, child.edge.length);
            child.edge = joined;
            child.parent = parent;
            parent.children.put(joined[0], child);
        }
    }

    /** The node of these tokens, made if need be. */
    private Node node(int[] tokens) {
        Node node = root;
        int depth = 0;
        while (depth < tokens.length) {
            Node child = node.children.get(tokens[depth]);
            if (child == null) {
                child = new Node(Arrays.copyOfRange(tokens, depth, tokens.length), node);
                node.children.put(tokens[depth], child);
                return child;
            }
            int mismatch = Arrays.mismatch(child.edge, 0, child.edge.length, tokens, depth, tokens.length);
            if (mismatch >= 0 && mismatch < child.edge.length) {
                child = split(node, child, mismatch);
            }
            depth += child.edge.length;
            node = child;
        }
        return node;
    }

    private static Node split(Node parent, Node child, int at) {
        Node middle = new Node(Arrays.copyOf(child.edge, at), parent);
        parent.children.put(middle.edge[0], middle);
        child.edge = Arrays.copyOfRange(child.edge, at, child.edge.length);
        child.parent = middle;
        middle.children.put(child.edge[0], child);
        return middle;
    }

    /** What was found and kept so far. */
    public synchronized PrefixStats stats() {
        return new PrefixStats(hits, misses, reusedTokens, turns.size() + preambles.size(), bytes, evictions);
    }

    /** Drops all snapshots. */
    public synchronized void clear() {
        while (!turns.isEmpty()) {
            remove(turns.getFirst());
        }
        while (!preambles.isEmpty()) {
            remove(preambles.getFirst());
        }
    }

    /** As {@link #clear}. */
    @Override
    public void close() {
        clear();
    }
}
