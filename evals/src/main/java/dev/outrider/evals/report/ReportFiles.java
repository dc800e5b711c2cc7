package dev.outrider.evals.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A report on disk.
 *
 * @param json {@code report.json}
 * @param html {@code report.html}
 * @param markdown {@code report.md}
 */
public record ReportFiles(Path json, Path html, Path markdown) {

    /**
     * Writes {@code report.json}, {@code report.html} and {@code report.md} into a folder, which is made where it is missing. Each file appears whole or
     * not at all, also when the disk is full.
     *
     * @throws IOException when they cannot be written
     */
    public static ReportFiles write(Path folder, ReplacementReport report) throws IOException {
        Files.createDirectories(folder);
        ReportFiles files = new ReportFiles(folder.resolve("report.json"), folder.resolve("report.html"), folder.resolve("report.md"));
        replace(files.json, JsonReport.write(report));
        replace(files.html, HtmlReport.render(report));
        replace(files.markdown, MarkdownReport.render(report));
        return files;
    }

    private static void replace(Path file, String content) throws IOException {
        Path half = file.resolveSibling(file.getFileName() + ".half");
        try {
            Files.writeString(half, content, StandardCharsets.UTF_8);
            try {
                Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(half, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(half);
        }
    }
}
