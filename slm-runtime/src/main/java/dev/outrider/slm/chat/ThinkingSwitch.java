package dev.outrider.slm.chat;

/** Whether an answer begins with thoughts. */
public enum ThinkingSwitch {
    /** It does, whatever the conversation says. */
    ON,
    /** It does not, whatever the conversation says. */
    OFF,
    /** As the model's own template decides: by the last {@code /think} or {@code /no_think} where it knows them, else its default. */
    AS_ASKED
}
