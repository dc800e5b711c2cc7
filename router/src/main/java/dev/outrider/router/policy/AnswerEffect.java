package dev.outrider.router.policy;

import org.jspecify.annotations.Nullable;

import dev.outrider.tools.SideEffect;

/** The heaviest effect of an answer: that of its calls, or none for a reply in text. */
public enum AnswerEffect {
    /** Calls that only look. */
    READ,
    /** Calls that change a record. */
    WRITE,
    /** Calls that move money. */
    MONEY,
    /** Text without a call. */
    REPLY;

    /** The effect of calls, or {@link #REPLY} when null. */
    public static AnswerEffect of(@Nullable SideEffect effect) {
        return switch (effect) {
            case null -> REPLY;
            case READ -> READ;
            case WRITE -> WRITE;
            case MONEY -> MONEY;
        };
    }
}
