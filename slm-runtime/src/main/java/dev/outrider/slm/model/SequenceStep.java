package dev.outrider.slm.model;

import org.jspecify.annotations.Nullable;

/**
 * What one sequence does in a step: it reads some tokens, and may choose the one that follows them.
 *
 * @param state of the sequence, advanced by {@code count} positions
 * @param tokens ids, each in the vocabulary
 * @param from index of the first token to read
 * @param count tokens to read; at least 1
 * @param choice how to choose the token that follows; null chooses none
 */
@SuppressWarnings("ArrayRecordComponent") // a piece of a prompt, never compared
public record SequenceStep(SequenceState state, int[] tokens, int from, int count, @Nullable ChoiceRequest choice) {}
