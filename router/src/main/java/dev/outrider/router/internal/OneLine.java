package dev.outrider.router.internal;

import org.jspecify.annotations.Nullable;

/** Foreign text made fit for a one-line message: line breaks and control characters become blanks, long text is cut. */
public final class OneLine {

    private static final int LONGEST = 200;

    private OneLine() {}

    public static String of(@Nullable String text) {
        if (text == null) {
            return "";
        }
        String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST - 1) + "…";
    }

    /** The message of an exception, or its kind where it has none. */
    public static String of(Throwable e) {
        String message = of(e.getMessage());
        return message.isEmpty() ? e.getClass().getSimpleName() : message;
    }
}
