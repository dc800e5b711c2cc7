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
        int cut = firstGlob(spec);
        return matching(spec, path(cut < 0 ? "." : spec.substring(0, cut + 1)), spec.substring(cut + 1));
    }

    /** The last slash before the first sign of a pattern; -1 when there is none. */
    private static int firstGlob(String spec) {
        for (int i = 0; i < spec.length(); i++) {
            if ("*?{".indexOf(spec.charAt(i)) >= 0) {
                return spec.lastIndexOf('/', i);
            }
        }
        return spec.lastIndexOf('/');
    }

    private static List<Found> matching(String spec, Path folder, String glob) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        int depth = glob.contains("**") ? Integer.MAX_VALUE : (int) glob.chars().filter(c -> c == '/').count() + 1;
        try (Stream<Path> files = Files.walk(folder, depth)) {
            List<Found> found = files.filter(Files::isRegularFile)
                    .filter(f -> matcher.matches(folder.relativize(f)))
                    .sorted()
                    .map(f -> new Found(f, true))
                    .toList();
            if (found.isEmpty()) {
                throw SuiteException.of(spec, "no file matches " + glob + "; name a .jsonl file, a folder that holds some, or another pattern");
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
