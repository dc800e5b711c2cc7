package dev.outrider.evals.suite;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;

/** Files that a word on the command line means: a file, a folder's {@code *.jsonl}, or a glob. */
final class SuiteFiles {

    /**
     * A suite file.
     *
     * @param fromFolder whether the file was found in a folder rather than named
     */
    record Found(Path file, boolean fromFolder) {}

    private SuiteFiles() {}

    static List<Found> find(String spec) {
        if (spec.indexOf('*') < 0 && spec.indexOf('?') < 0 && spec.indexOf('{') < 0) {
            Path path = path(spec);
            if (Files.isRegularFile(path)) {
                return List.of(new Found(path, false));
            }
            if (Files.isDirectory(path)) {
                return matching(spec, path, "*.jsonl");
            }
            throw SuiteException.of(spec, "no such suite; name a .jsonl file, a folder, a glob, or a built-in suite: "
                    + String.join(", ", Suite.BUILT_IN));
        }
        int cut = spec.lastIndexOf('/');
        return matching(spec, path(cut < 0 ? "." : spec.substring(0, cut + 1)), spec.substring(cut + 1));
    }

    private static List<Found> matching(String spec, Path folder, String glob) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        try (Stream<Path> files = Files.list(folder)) {
            List<Found> found = files.filter(Files::isRegularFile)
                    .filter(f -> matcher.matches(f.getFileName()))
                    .sorted()
                    .map(f -> new Found(f, true))
                    .toList();
            if (found.isEmpty()) {
                throw SuiteException.of(spec, "no file matches " + glob);
            }
            return found;
        } catch (IOException e) {
            throw SuiteException.of(spec, "cannot be listed: no folder " + folder);
        }
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw SuiteException.of(text, "is no path");
        }
    }
}
