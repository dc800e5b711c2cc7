package dev.outrider.slm.chat;

import dev.outrider.slm.state.Boundaries;

/**
 * A conversation as a model reads it.
 *
 * @param tokens up to where the answer begins
 * @param boundaries where other conversations may go on differently
 */
@SuppressWarnings("ArrayRecordComponent") // handed to an engine, never compared
public record Prompt(int[] tokens, Boundaries boundaries) {}
