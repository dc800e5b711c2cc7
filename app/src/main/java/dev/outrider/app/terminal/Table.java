package dev.outrider.app.terminal;

import java.util.ArrayList;
import java.util.List;

/** A plain table: a header, a rule, rows; the first column to the left, numbers to the right. */
public final class Table {

    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    public Table(String... header) {
        this.header = List.of(header);
    }

    /** Adds a row with a cell for every column. */
    public Table row(Object... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + header.size() + " columns");
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
        return this;
    }

    /** The lines of the table, each indented by two blanks, without a line end. */
    public List<String> lines() {
        int[] widths = new int[header.size()];
        boolean[] right = new boolean[header.size()];
        for (int column = 0; column < widths.length; column++) {
            int at = column;
            widths[column] = Math.max(
                    header.get(column).length(),
                    rows.stream().mapToInt(row -> row.get(at).length()).max().orElse(0));
            right[column] = column > 0
                    && !rows.isEmpty()
                    && rows.stream().allMatch(row -> row.get(at).matches("[-+]?[0-9.,]*[ ]?[%$a-zµ/]{0,6}"));
        }
        List<String> lines = new ArrayList<>();
        lines.add(line(header, widths, right));
        StringBuilder rule = new StringBuilder("  ");
        for (int column = 0; column < widths.length; column++) {
            rule.append(column == 0 ? "" : "  ").append("─".repeat(widths[column]));
        }
        lines.add(rule.toString());
        rows.forEach(row -> lines.add(line(row, widths, right)));
        return lines;
    }

    private static String line(List<String> cells, int[] widths, boolean[] right) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            String gap = " ".repeat(widths[column] - cells.get(column).length());
            line.append("  ").append(right[column] ? gap + cells.get(column) : cells.get(column) + gap);
        }
        return line.toString().stripTrailing();
    }
}
