package dev.outrider.router.remote;

import dev.langchain4j.agent.tool.ToolSpecification;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How long tools are as JSON. Writing a dozen of them takes longer than everything else that a decision needs, and agents
 * offer the same objects with every query, so each object is measured once, for as long as somebody holds it. Safe for many
 * threads.
 */
final class ToolBytes {

    private final Map<Object, Integer> measured = new ConcurrentHashMap<>();
    private final ReferenceQueue<ToolSpecification> gone = new ReferenceQueue<>();

    /** Looks for an object; equal to the key of that very object. */
    private record Sought(ToolSpecification tool) {
        @Override
        public int hashCode() {
            return System.identityHashCode(tool);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && key.refersTo(tool);
        }
    }

    /** Stands for an object without keeping it. */
    private static final class Key extends WeakReference<ToolSpecification> {
        private final int hash;

        private Key(ToolSpecification tool, ReferenceQueue<ToolSpecification> gone) {
            super(tool, gone);
            this.hash = System.identityHashCode(tool);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other || other instanceof Sought sought && refersTo(sought.tool());
        }
    }

    /** Bytes of the tool as JSON in UTF-8. */
    int of(ToolSpecification tool) {
        Integer known = measured.get(new Sought(tool));
        if (known != null) {
            return known;
        }
        for (Reference<?> old = gone.poll(); old != null; old = gone.poll()) {
            measured.remove(old);
        }
        int bytes = tool.toJson().getBytes(StandardCharsets.UTF_8).length;
        measured.put(new Key(tool, gone), bytes);
        return bytes;
    }

    /** Number of objects that are known. */
    int size() {
        return measured.size();
    }
}
