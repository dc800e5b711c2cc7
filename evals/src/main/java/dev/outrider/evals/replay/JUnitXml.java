package dev.outrider.evals.replay;

import java.util.List;
import java.util.Locale;

/** A replay's gates in the XML form of JUnit, which build servers show. */
public final class JUnitXml {

    private JUnitXml() {}

    /** The file's text: one test case for every gate, and one that says that the replay ran. */
    public static String write(ReplayReport report, List<Gate> gates) {
        long failures = gates.stream().filter(g -> !g.passed()).count();
        StringBuilder out = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out.append("<testsuite name=\"outrider replay\" tests=\"").append(gates.size() + 1).append("\" failures=\"").append(failures)
                .append("\" errors=\"0\" skipped=\"0\">\n");
        String group = "replay." + text(report.policy());
        out.append("  <testcase classname=\"").append(group).append("\" name=\"")
                .append(text(String.format(Locale.ROOT, "%d of %d records decided again", report.decided(), report.records())))
                .append("\"/>\n");
        for (Gate gate : gates) {
            out.append("  <testcase classname=\"").append(group).append("\" name=\"").append(text(gate.name())).append("\">");
            out.append(gate.passed()
                    ? "<system-out>" + text(gate.line()) + "</system-out>"
                    : "<failure message=\"" + text(gate.line()) + "\"/>");
            out.append("</testcase>\n");
        }
        return out.append("</testsuite>\n").toString();
    }

    /** As text or an attribute's value; characters that XML 1.0 does not know become U+FFFD. */
    static String text(String plain) {
        StringBuilder out = new StringBuilder();
        plain.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\n', '\t', '\r' -> out.append("&#").append(c).append(';');
                default -> out.appendCodePoint(
                        c < 0x20 || c >= 0xD800 && c <= 0xDFFF || c == 0xFFFE || c == 0xFFFF ? 0xFFFD : c);
            }
        });
        return out.toString();
    }
}
