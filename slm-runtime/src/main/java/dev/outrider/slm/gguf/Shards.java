package dev.outrider.slm.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names and keys of a model in several files, as llama.cpp's {@code gguf-split} makes them. */
final class Shards {

    static final String NUMBER = "split.no";
    static final String COUNT = "split.count";
    static final String TENSORS = "split.tensors.count";

    private static final int MOST = 99_999;
    private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    private Shards() {}

    static String name(String model, int number, int count) {
        return String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", model, number + 1, count);
    }

    /**
     * The further files of a model whose first one was opened; none for a model in one file.
     *
     * @throws GgufException when the file is not the first, or its name does not tell those of the others
     */
    static List<Path> others(Path first, GgufMetadata metadata) {
        int count = metadata.contains(COUNT) ? metadata.integer(COUNT, 0, MOST) : 1;
        if (count <= 1) {
            return List.of();
        }
        Matcher name = NAME.matcher(first.getFileName().toString());
        if (!name.matches() || Integer.parseInt(name.group(3)) != count) {
            throw metadata.error(COUNT, "says that this is one of " + count + " files, which must be called …"
                    + name("", 0, count) + "; give it its name back");
        }
        int number = metadata.integer(NUMBER, 0, count - 1);
        if (number != 0) {
            throw metadata.error(NUMBER, "says that this is file " + (number + 1) + " of " + count + "; open the first one, "
                    + name(name.group(1), 0, count));
        }
        List<Path> others = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            others.add(first.resolveSibling(name(name.group(1), i, count)));
        }
        return others;
    }
}
