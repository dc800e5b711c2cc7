package dev.outrider.evals.suite;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Cases to run, validated line by line on load.
 *
 * @param name for titles
 * @param cases in file order; ids are unique
 * @param skipped files of a folder that hold no cases, with the reason; a file named outright is refused instead
 */
public record Suite(String name, List<EvalCase> cases, List<String> skipped) {

    /** Names of the suites that come with Outrider; a file of the same name in the working directory goes before them. */
    public static final List<String> BUILT_IN = List.of("desk", "desk-calibration");

    private static final String DESK_TOOLSETS = "desk-toolsets.json";

    public Suite {
        cases = List.copyOf(cases);
        skipped = List.copyOf(skipped);
    }

    /** The built-in desk suite: a shop's back office, 14 tools, every case written by hand for this project. */
    public static Suite desk() {
        return builtIn("desk");
    }

    /**
     * The same desk and the same tools as {@link #desk()}, other requests by other templates: to fit thresholds on, so that the
     * desk suite can say whether they hold.
     */
    public static Suite deskCalibration() {
        return builtIn("desk-calibration");
    }

    private static Suite builtIn(String name) {
        Toolsets toolsets = Toolsets.parse(DESK_TOOLSETS, resource(DESK_TOOLSETS));
        String file = name + ".jsonl";
        return new Suite(name, joined(read(file, new java.io.StringReader(resource(file)), toolsets, null)), List.of());
    }

    /**
     * Loads a suite file, or every suite of a folder.
     *
     * @throws SuiteException when a line cannot be used; nothing is silently left out
     */
    public static Suite load(Path fileOrFolder) {
        return load(List.of(fileOrFolder.toString()));
    }

    /**
     * Loads suites together.
     *
     * @param specs files, folders, globs ({@code suites/*.jsonl}) or names of {@link #BUILT_IN} suites
     * @throws SuiteException when a line cannot be used
     */
    public static Suite load(List<String> specs) {
        return load(specs, BrokenLines.REFUSE);
    }

    /** What to do with lines that cannot be used. */
    public enum BrokenLines {
        /** The first one ends the load. */
        REFUSE,
        /** They are left out, named by file and line in {@link Suite#skipped()}, and in no figure. */
        SKIP
    }

    /**
     * Loads suites together.
     *
     * @param specs as of {@link #load(List)}
     * @throws SuiteException when a line cannot be used and is not to be skipped, or when nothing is left
     */
    public static Suite load(List<String> specs, BrokenLines broken) {
        List<EvalCase> cases = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<String> skipped = new ArrayList<>();
        for (String spec : specs) {
            if (BUILT_IN.contains(spec) && !Files.exists(Path.of(spec))) {
                cases.addAll(builtIn(spec).cases());
                names.add(spec);
                continue;
            }
            for (SuiteFiles.Found found : SuiteFiles.find(spec)) {
                try {
                    cases.addAll(read(found.file(), broken == BrokenLines.SKIP ? skipped : null));
                    names.add(name(found.file()));
                } catch (SuiteException e) {
                    // a folder may hold other files beside suites; a suite with a broken line in the middle is still an error
                    if (!found.fromFolder() || e.line() != 1) {
                        throw e;
                    }
                    skipped.add(e.getMessage());
                }
            }
        }
        if (cases.isEmpty()) {
            throw SuiteException.of(String.join(" ", specs), "no cases" + (skipped.isEmpty() ? "; a suite holds one JSON object a line" : ": " + skipped.getFirst()));
        }
        checkUnique(cases);
        return new Suite(String.join("+", names), joined(cases), skipped);
    }

    /** The cases for which {@code keep} holds, in order. */
    public Suite filter(Predicate<EvalCase> keep) {
        return new Suite(name, cases.stream().filter(keep).toList(), skipped);
    }

    /** The first {@code n} cases. */
    public Suite limit(int n) {
        return new Suite(name, cases.subList(0, Math.min(n, cases.size())), skipped);
    }

    /**
     * Every case so many times, for models that do not always answer the same. The further ones are called {@code ID@2}, {@code ID@3}…
     * and are of one cluster with the first: they are no new evidence about other requests.
     *
     * @param times at least 1
     */
    public Suite repeated(int times) {
        if (times < 1) {
            throw new IllegalArgumentException("a case is run at least once, but " + times + " was given");
        }
        List<EvalCase> all = new ArrayList<>(cases.size() * times);
        for (int i = 1; i <= times; i++) {
            for (EvalCase c : cases) {
                all.add(i == 1 ? c : c.withId(c.id() + "@" + i));
            }
        }
        return new Suite(name, all, skipped);
    }

    /** Some whole tasks drawn by chance, in file order; all of them when there are no more than {@code n}. */
    public Suite sampleTasks(int n, long seed) {
        List<String> tasks = new ArrayList<>(new LinkedHashSet<>(cases.stream().map(EvalCase::task).toList()));
        Collections.shuffle(tasks, new Random(seed));
        Set<String> chosen = Set.copyOf(tasks.subList(0, Math.min(n, tasks.size())));
        return filter(c -> chosen.contains(c.task()));
    }

    private static List<EvalCase> joined(List<EvalCase> cases) {
        return TaskGroups.joinSameQuestions(cases);
    }

    private static List<EvalCase> read(Path file, @Nullable List<String> skipped) {
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return read(file.getFileName().toString(), reader, toolsetsBeside(file), skipped);
        } catch (CharacterCodingException e) {
            throw SuiteException.of(file.getFileName().toString(), "is no UTF-8 text");
        } catch (IOException e) {
            throw SuiteException.of(file.toString(), "cannot be read: " + e.getMessage());
        }
    }

    /**
     * Reads the lines of a suite.
     *
     * @param skipped takes what is said about lines that cannot be used; null when the first one is to end the load
     */
    static List<EvalCase> read(String file, Reader reader, Toolsets toolsets, @Nullable List<String> skipped) {
        CaseParser parser = new CaseParser(toolsets);
        List<EvalCase> cases = new ArrayList<>();
        Map<String, Integer> seen = new LinkedHashMap<>();
        int number = 0;
        try (BufferedReader lines = new BufferedReader(reader)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                try {
                    cases.add(parse(parser, line, file, number, seen));
                } catch (SuiteException e) {
                    // where not one line of a file is a case, the file is no suite rather than a broken one
                    if (skipped == null || cases.isEmpty() && number == 1 && !line.contains("\"expected\"")) {
                        throw e;
                    }
                    skipped.add(e.getMessage());
                }
            }
        } catch (CharacterCodingException e) {
            throw new SuiteException(file, number + 1, "is no UTF-8 text");
        } catch (IOException e) {
            throw new SuiteException(file, number, "cannot be read: " + e.getMessage());
        }
        return cases;
    }

    /** Whether a line is a case that a suite may hold, with its tools in it. */
    public static boolean isCase(String line) {
        try {
            parse(new CaseParser(Toolsets.NONE), line, "", 0, new LinkedHashMap<>());
            return true;
        } catch (SuiteException e) {
            return false;
        }
    }

    private static EvalCase parse(CaseParser parser, String line, String file, int number, Map<String, Integer> seen) {
        try {
            EvalCase parsed = parser.parse(Json.read(line), file + ":" + number);
            Integer before = seen.putIfAbsent(parsed.id(), number);
            if (before != null) {
                throw new Fields.Problem("id " + parsed.id() + " is already on line " + before);
            }
            return parsed;
        } catch (JsonProcessingException e) {
            throw new SuiteException(file, number, "no JSON: " + Json.problem(e));
        } catch (Fields.Problem e) {
            throw new SuiteException(file, number, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The cases that some words name: a tag, a category or a suite; a word with {@code !} before it leaves cases out.
     *
     * @throws SuiteException when no case is left; names the words there are
     */
    public Suite tagged(List<String> words) {
        List<String> wanted = words.stream().filter(w -> !w.startsWith("!")).toList();
        List<String> unwanted = words.stream().filter(w -> w.startsWith("!")).map(w -> w.substring(1)).toList();
        Suite chosen = filter(c -> (wanted.isEmpty() || wanted.stream().anyMatch(c::isTagged))
                && unwanted.stream().noneMatch(c::isTagged));
        if (chosen.cases().isEmpty()) {
            Set<String> known = new TreeSet<>();
            cases.forEach(c -> {
                known.add(c.category());
                known.addAll(c.tags());
            });
            throw SuiteException.of(name, "no case is tagged " + String.join(", ", words) + "; there are " + String.join(", ", known));
        }
        return chosen;
    }

    /** {@code X-toolsets.json} of a suite {@code X.jsonl}, and the folder's {@code toolsets.json}. */
    private static Toolsets toolsetsBeside(Path file) throws IOException {
        Toolsets toolsets = Toolsets.NONE;
        for (String name : List.of("toolsets.json", name(file) + "-toolsets.json")) {
            Path beside = file.resolveSibling(name);
            if (Files.isRegularFile(beside)) {
                toolsets = toolsets.and(Toolsets.parse(name, Files.readString(beside)));
            }
        }
        return toolsets;
    }

    private static String name(Path file) {
        return file.getFileName().toString().replaceFirst("\\.jsonl$", "");
    }

    private static void checkUnique(List<EvalCase> cases) {
        Map<String, String> seen = new LinkedHashMap<>();
        for (EvalCase c : cases) {
            String before = seen.put(c.id(), c.origin());
            if (before != null) {
                throw SuiteException.of(c.origin(), "id " + c.id() + " is already in " + before);
            }
        }
    }

    private static String resource(String name) {
        try (@Nullable InputStream in = Suite.class.getResourceAsStream("/dev/outrider/evals/" + name)) {
            if (in == null) {
                throw SuiteException.of(name, "is missing from this build; build again from a clean checkout");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw SuiteException.of(name, "cannot be read: " + e.getMessage());
        }
    }
}
