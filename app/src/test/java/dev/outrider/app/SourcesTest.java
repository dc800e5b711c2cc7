package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** House rules that no compiler knows. */
final class SourcesTest {

    private static final int MOST_LINES = 500;
    private static final Set<String> NOT_OURS = Set.of("target", ".git", ".outrider", ".venv", "node_modules", "__pycache__", "build");
    private static final Pattern TEXT = Pattern.compile(
            ".*\\.(java|md|xml|yaml|yml|json|jsonl|py|sh|txt|properties|config|tsv|sql)|outrider|run|LICENSE|\\.gitignore");

    /** Home directories, and places of particular machines; the usual homes of a JDK are the launcher's business. */
    private static final Pattern MACHINE_PATH = Pattern.compile(
            "(?<![\\w.~-])/(?:work/|root/|home/(?!linuxbrew)[a-z]|Users/[a-z]|mnt/[a-z])|[A-Z]:\\\\\\\\?Users");

    @Test
    void noClassIsLongerThanFiveHundredLines() {
        assertThat(sources().filter(file -> file.toString().endsWith(".java")).filter(file -> lines(file).size() > MOST_LINES))
                .isEmpty();
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<Path> packages = new TreeSet<>();
        sources().filter(file -> file.toString().endsWith(".java") && file.toString().contains("/src/main/java/"))
                .forEach(file -> packages.add(file.getParent()));

        assertThat(packages).isNotEmpty().allSatisfy(directory -> {
            Path info = directory.resolve("package-info.java");
            assertThat(info).exists();
            assertThat(Files.readString(info)).contains("@NullMarked");
        });
    }

    @Test
    void noFileNamesAPlaceOfSomebodysMachine() {
        List<String> found = new ArrayList<>();
        sources().filter(file -> !file.endsWith("SourcesTest.java")).forEach(file -> {
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (MACHINE_PATH.matcher(lines.get(i)).find()) {
                    found.add(Repository.root().relativize(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        });

        assertThat(found).isEmpty();
    }

    @Test
    void noCodeIsLeftForLater() {
        Pattern later = Pattern.compile("\\b(TODO|FIXME|XXX)\\b|UnsupportedOperationException\\(\\)|@Disabled\\b(?!On)");
        List<String> found = new ArrayList<>();
        sources().filter(file -> file.toString().endsWith(".java") && !file.endsWith("SourcesTest.java"))
                .forEach(file -> lines(file).stream()
                        .filter(line -> later.matcher(line).find())
                        .forEach(line -> found.add(file.getFileName() + ": " + line.strip())));

        assertThat(found).isEmpty();
    }

    private static Stream<Path> sources() {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(Repository.root(), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    return NOT_OURS.contains(String.valueOf(directory.getFileName()))
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (TEXT.matcher(String.valueOf(file.getFileName())).matches()) {
                        files.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files.stream();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (MalformedInputException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
