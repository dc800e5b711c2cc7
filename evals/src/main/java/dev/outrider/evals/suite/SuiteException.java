package dev.outrider.evals.suite;

import java.io.Serial;

/** A suite that cannot be used; the message is one line: {@code desk.jsonl:17: what is wrong and what to do}. */
public final class SuiteException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final String file;
    private final int line;

    SuiteException(String file, int line, String problem) {
        super(line > 0 ? file + ":" + line + ": " + problem : file + ": " + problem);
        this.file = file;
        this.line = line;
    }

    /** A problem of a whole file or folder. */
    public static SuiteException of(String file, String problem) {
        return new SuiteException(file, 0, problem);
    }

    public String file() {
        return file;
    }

    /** The line, from 1; 0 when the whole file is meant. */
    public int line() {
        return line;
    }
}
