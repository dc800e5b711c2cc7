package dev.outrider.slm.gguf;

import org.jspecify.annotations.Nullable;

import dev.outrider.slm.SlmException;

/** A file that is no GGUF, is damaged, or holds what the engine cannot use; names the file and the key or tensor. */
public final class GgufException extends SlmException {

    private static final int LONGEST = 300;

    /**
     * @param file the file's path as text
     * @param where the key or tensor at fault, such as {@code key 'a.b'}, or empty for the whole file
     * @param problem what is wrong and, where it is known, what to do
     */
    public GgufException(String file, String where, String problem) {
        this(file, where, problem, null);
    }

    public GgufException(String file, String where, String problem, @Nullable Throwable cause) {
        super(file + ": " + (where.isEmpty() ? "" : printable(where) + ": ") + printable(problem), cause);
    }

    /** One line of bounded length, whatever a damaged file calls its keys. */
    private static String printable(String text) {
        String line = text.replaceAll("\\p{Cntrl}|\\R", "?");
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }
}
