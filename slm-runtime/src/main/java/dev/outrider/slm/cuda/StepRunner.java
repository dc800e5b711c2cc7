package dev.outrider.slm.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs steps. The operations of a step first write what is new into the tables and leave an {@link Instruction} each; when the step's body
 * is through, the tables go to the GPU in one copy, and then the launches that the instructions make. A step of a shape that comes again
 * is captured as a graph, and from then on launched as one: its instructions are only compared with those of the graph.
 */
final class StepRunner implements AutoCloseable {

    /** Shapes that are remembered; a graph of a model of 42 layers takes a few MB. */
    private static final int MOST_RECORDINGS = 64;

    /** What a step does to what the host knows of a sequence. */
    interface Effect {

        /** The launches have been given to the GPU. */
        void commit();

        /** Some launches have been given to the GPU and some have not: the sequence is of no more use. */
        void spoil();
    }

    /** The instructions of a shape with their launches, and a graph for each way of launching them that occurred. */
    private static final class Recording {
        final List<Instruction> instructions;
        final List<Runnable> launches;
        final Map<Integer, CudaGraph> graphs = new LinkedHashMap<>();

        Recording(List<Instruction> instructions, List<Runnable> launches) {
            this.instructions = instructions;
            this.launches = launches;
        }

        void discardGraphs() {
            graphs.values().forEach(CudaGraph::close);
            graphs.clear();
        }
    }

    private final CudaStream stream;
    private final StepTables tables;
    private final boolean graphs;
    private final Map<Object, Recording> recordings = new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable Function<List<Instruction>, List<Runnable>> compiler;

    private List<Instruction> instructions = new ArrayList<>();
    private final List<Effect> effects = new ArrayList<>();
    private final List<Runnable> results = new ArrayList<>();
    private @Nullable Recording replayed;
    private int cursor;
    private int variant;
    private boolean inside;

    /** @param graphs whether steps are captured at all */
    StepRunner(CudaStream stream, StepTables tables, boolean graphs) {
        this.stream = stream;
        this.tables = tables;
        this.graphs = graphs;
    }

    /** Sets what makes launches of instructions. */
    void compileWith(Function<List<Instruction>, List<Runnable>> how) {
        compiler = how;
    }

    /** How the launches of this step are divided where that depends on lengths; graphs are kept apart by it. */
    int variant() {
        return variant;
    }

    /** Asks for at least this variant. */
    void atLeast(int wanted) {
        variant = Math.max(variant, wanted);
    }

    /** Leaves an instruction. */
    void add(Instruction instruction) {
        Recording recording = replayed;
        if (recording != null) {
            if (cursor < recording.instructions.size()
                    && recording.instructions.get(cursor).equals(instruction)) {
                cursor++;
                return;
            }
            // another step under the same key: go on as if the key were new
            instructions = new ArrayList<>(recording.instructions.subList(0, cursor));
            replayed = null;
        }
        instructions.add(instruction);
    }

    /** Something to note once it is clear what became of the step. */
    void add(Effect effect) {
        effects.add(effect);
    }

    /** Something to read once the GPU is through; the step then waits for it. */
    void onResult(Runnable result) {
        results.add(result);
    }

    /** Whether instructions are being collected. */
    boolean inside() {
        return inside;
    }

    /**
     * Runs a step.
     *
     * @param key of the shape, or null for a step that will not come again
     * @throws CudaException if something fails; if that is in the body or before the launches, the step has not happened
     */
    void run(@Nullable Object key, Runnable body) {
        if (inside) {
            throw new IllegalStateException("a step within a step");
        }
        inside = true;
        try {
            start(graphs ? key : null);
            body.run();
            Recording recording = finish(graphs ? key : null);
            // made before the tables go: a capture must not hold up what the next step writes
            CudaGraph graph = replayed == null ? null : graph(recording);
            tables.upload(stream);
            launch(recording, graph);
            effects.forEach(Effect::commit);
            if (!results.isEmpty()) {
                stream.synchronize();
                results.forEach(Runnable::run);
            }
        } finally {
            inside = false;
        }
    }

    private void launch(Recording recording, @Nullable CudaGraph graph) {
        try {
            if (graph == null) {
                recording.launches.forEach(Runnable::run);
            } else {
                stream.launch(graph);
            }
        } catch (Throwable t) {
            effects.forEach(Effect::spoil);
            throw t;
        }
    }

    private void start(@Nullable Object key) {
        stream.context.enter();
        tables.begin();
        instructions = new ArrayList<>();
        effects.clear();
        results.clear();
        cursor = 0;
        variant = 0;
        replayed = key == null ? null : recordings.get(key);
    }

    /** The step's launches; remembered under the key. */
    private Recording finish(@Nullable Object key) {
        Recording recording = replayed;
        if (recording != null) {
            if (cursor == recording.instructions.size()) {
                return recording;
            }
            instructions = new ArrayList<>(recording.instructions.subList(0, cursor));
            replayed = null;
        }
        if (compiler == null) {
            throw new IllegalStateException("nothing makes launches of instructions");
        }
        Recording fresh = new Recording(instructions, compiler.apply(instructions));
        if (key != null) {
            forget(key);
            if (recordings.size() >= MOST_RECORDINGS) {
                forget(recordings.keySet().iterator().next());
            }
            recordings.put(key, fresh);
        }
        return fresh;
    }

    /** The graph of a recording; made when the shape comes for the second time. */
    private CudaGraph graph(Recording recording) {
        CudaGraph graph = recording.graphs.get(variant);
        if (graph == null) {
            graph = stream.capture(() -> recording.launches.forEach(Runnable::run));
            recording.graphs.put(variant, graph);
        }
        return graph;
    }

    private void forget(Object key) {
        Recording recording = recordings.remove(key);
        if (recording != null) {
            recording.discardGraphs();
        }
    }

    /** Makes all graphs anew when they are needed: an address that they hold has changed. */
    void invalidate() {
        recordings.values().forEach(Recording::discardGraphs);
    }

    /** Throws the graphs away. */
    @Override
    public void close() {
        invalidate();
        recordings.clear();
    }
}
