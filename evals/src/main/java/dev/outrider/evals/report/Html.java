package dev.outrider.evals.report;

/** Text for HTML and SVG. Everything that comes from a suite or a model goes through {@link #text}. */
public final class Html {

    private Html() {}

    /** Escapes for element content and quoted attributes; control characters that XML forbids become replacement characters. */
    public static String text(String raw) {
        StringBuilder out = new StringBuilder(raw.length() + 16);
        raw.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(c < 0x20 && c != '\n' && c != '\t' ? 0xFFFD : c);
            }
        });
        return out.toString();
    }
}
