package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.outrider.evals.report.ReplacementReport;

/** The folder that a run leaves behind: report.html, report.json, report.md and ledger.jsonl. */
final class ReportFiles {

    private final Path folder;

    private ReportFiles(Path folder) {
        this.folder = folder;
    }

    /** Makes the folder; reports of an earlier run in it are replaced when the new ones are complete. */
    static ReportFiles in(Path folder) {
        ReportFiles files = keeping(folder);
        files.forget(files.ledger());
        return files;
    }

    /**
     * Makes the folder of a run that may have begun before: its results and its ledger stay, unless it is to begin afresh.
     *
     * @throws CliException when there is a ledger and nobody knows which run it is of
     */
    static ReportFiles resuming(Path folder, boolean fresh) {
        ReportFiles files = keeping(folder);
        if (!fresh && Files.exists(files.ledger()) && !Files.exists(files.results())) {
            throw CliException.badInput(files.ledger() + " is a ledger without a results.jsonl beside it, of a demo or of an older"
                    + " version: name another directory with --out, or throw the ledger away with --fresh");
        }
        return files;
    }

    private static ReportFiles keeping(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw CliException.badInput(folder + " is a file; name a directory with --out");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw notWritable(folder, e);
        }
        return new ReportFiles(folder);
    }

    private void forget(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw notWritable(folder, e);
        }
    }

    private static CliException notWritable(Path folder, IOException e) {
        return CliException.badInput(
                "cannot write to the directory " + folder + " (" + e.getMessage() + "); name another with --out");
    }

    /** The ledger of a run that may begin afresh; whoever asks holds the run's results. */
    Path ledger(boolean fresh) {
        if (fresh) {
            forget(ledger());
        }
        return ledger();
    }

    Path results() {
        return folder.resolve("results.jsonl");
    }

    Path ledger() {
        return folder.resolve("ledger.jsonl");
    }

    Path budgets() {
        return folder.resolve("budgets.db");
    }

    Path database() {
        return folder.resolve("desk.db");
    }

    Path html() {
        return folder.resolve("report.html");
    }

    /** Writes all forms of the report; each appears complete or not at all. */
    void write(ReplacementReport report) {
        try {
            dev.outrider.evals.report.ReportFiles.write(folder, report);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
