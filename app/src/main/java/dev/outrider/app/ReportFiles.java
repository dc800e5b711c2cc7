package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

import dev.outrider.evals.report.HtmlReport;
import dev.outrider.evals.report.JsonReport;
import dev.outrider.evals.report.ReplacementReport;

/** The folder that a run leaves behind: report.html, report.json and ledger.jsonl. */
final class ReportFiles {

    private final Path folder;

    private ReportFiles(Path folder) {
        this.folder = folder;
    }

    /** Makes the folder; reports of an earlier run in it are replaced when the new ones are complete. */
    static ReportFiles in(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw CliException.badInput(folder + " is a file; name a directory with --out");
        }
        try {
            Files.createDirectories(folder);
            Files.deleteIfExists(folder.resolve("ledger.jsonl"));
        } catch (IOException e) {
            throw CliException.badInput("cannot write to the directory " + folder + " (" + e.getMessage()
                    + "); name another with --out");
        }
        return new ReportFiles(folder);
    }

    Path ledger() {
        return folder.resolve("ledger.jsonl");
    }

    Path database() {
        return folder.resolve("desk.db");
    }

    Path html() {
        return folder.resolve("report.html");
    }

    Path json() {
        return folder.resolve("report.json");
    }

    /** Writes both forms of the report; each appears complete or not at all. */
    void write(ReplacementReport report) {
        write(json(), JsonReport.write(report));
        write(html(), HtmlReport.render(report));
    }

    private static void write(Path file, String text) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
