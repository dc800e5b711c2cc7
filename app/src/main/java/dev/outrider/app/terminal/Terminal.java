package dev.outrider.app.terminal;

import java.io.PrintStream;
import java.util.Map;

/**
 * Where the command line writes: results to {@code out}, everything else to {@code err}. Knows whether a person is looking at
 * either, which the launcher finds out ({@code -Doutrider.tty=12}: both are terminals) because Java cannot tell them apart.
 */
public final class Terminal {

    private static final int DEFAULT_COLUMNS = 100;
    private static final int WIDEST = 140;

    private final PrintStream out;
    private final PrintStream err;
    private final boolean outIsTerminal;
    private final boolean errIsTerminal;
    private final boolean colours;
    private final int columns;

    /**
     * @param tty the digits of the file descriptors that are terminals, for example {@code "12"}, {@code "1"} or {@code ""}
     * @param columns width of the terminal in characters, 0 where it is not known
     */
    public Terminal(PrintStream out, PrintStream err, String tty, int columns, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.outIsTerminal = tty.contains("1");
        this.errIsTerminal = tty.contains("2");
        this.colours = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.getOrDefault("TERM", ""));
        this.columns = columns > 0 ? Math.min(columns, WIDEST) : DEFAULT_COLUMNS;
    }

    /** The terminal of this process. */
    public static Terminal system() {
        return new Terminal(
                System.out,
                System.err,
                System.getProperty("outrider.tty", ""),
                Integer.getInteger("outrider.columns", 0),
                System.getenv());
    }

    public PrintStream out() {
        return out;
    }

    public PrintStream err() {
        return err;
    }

    /** Whether results go to a person's screen. */
    public boolean outIsTerminal() {
        return outIsTerminal;
    }

    /** Whether messages go to a person's screen. */
    public boolean errIsTerminal() {
        return errIsTerminal;
    }

    /** How many characters fit on a line. */
    public int columns() {
        return columns;
    }

    /** Whether text on {@code out} may carry colours. */
    public boolean colours() {
        return colours && outIsTerminal;
    }

    /** The text in that style where colours are shown, else the bare text. */
    public String styled(Style style, String text) {
        return colours() && !text.isEmpty() ? style.around(text) : text;
    }

    public void println(String line) {
        out.println(line);
    }

    /** A message that is no result. */
    public void note(String line) {
        err.println(line);
    }

    /** The text on one line of at most {@code width} characters, cut with an ellipsis. */
    public static String fit(String text, int width) {
        String line = text.strip().replaceAll("\\s+", " ");
        if (line.length() <= width) {
            return line;
        }
        int end = Math.max(0, width - 1);
        if (end > 0 && Character.isHighSurrogate(line.charAt(end - 1))) {
            end--;
        }
        return line.substring(0, end) + "…";
    }
}
