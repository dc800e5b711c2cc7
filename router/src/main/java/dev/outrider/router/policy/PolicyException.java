package dev.outrider.router.policy;

/**
 * A policy file that cannot be used. The message is one line, {@code FILE:LINE:COLUMN: what is wrong; what to do}, so
 * that editors and people find the place.
 */
public final class PolicyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final int line;
    private final int column;

    PolicyException(String file, int line, int column, String what) {
        super(line > 0 ? file + ":" + line + ":" + column + ": " + what : file + ": " + what);
        this.file = file;
        this.line = line;
        this.column = column;
    }

    /** The policy file, or the resource's name. */
    public String file() {
        return file;
    }

    /** Line, counted from 1; 0 when the fault is of the file as a whole. */
    public int line() {
        return line;
    }

    /** Column, counted from 1; 0 when the fault is of the file as a whole. */
    public int column() {
        return column;
    }
}
