package dev.outrider.slm.schedule;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;

/** A real model whose steps are written down, and may be made to fail. */
final class RecordingModel implements LanguageModel {

    /** The part of a sequence in a step, and how many tokens it read. */
    record Part(SequenceState state, int count) {}

    private final LanguageModel model;
    final List<List<Part>> steps = new CopyOnWriteArrayList<>();
    volatile boolean broken;

    RecordingModel(LanguageModel model) {
        this.model = model;
    }

    @Override
    public void step(List<SequenceStep> parts, TokenChoice[] chosen) {
        steps.add(parts.stream().map(part -> new Part(part.state(), part.count())).toList());
        if (broken) {
            throw new ArithmeticException("broken");
        }
        model.step(parts, chosen);
    }

    @Override
    public int largestStep() {
        return model.largestStep();
    }

    @Override
    public int largestBatch() {
        return model.largestBatch();
    }

    @Override
    public int contextLength() {
        return model.contextLength();
    }

    @Override
    public int vocabularySize() {
        return model.vocabularySize();
    }

    @Override
    public int hidden() {
        return model.hidden();
    }

    @Override
    public String pattern() {
        return model.pattern();
    }

    @Override
    public SequenceState newState(int longest) {
        return model.newState(longest);
    }

    @Override
    public void logits(int row, int count, float[] out) {
        model.logits(row, count, out);
    }

    @Override
    public long stateBytes(int positions) {
        return model.stateBytes(positions);
    }

    @Override
    public String stateLayout() {
        return model.stateLayout();
    }

    @Override
    public void save(SequenceState state, MemorySegment to) {
        model.save(state, to);
    }

    @Override
    public void restore(SequenceState state, int position, MemorySegment from) {
        model.restore(state, position, from);
    }
}
