package dev.outrider.bench.model;

import dev.langchain4j.model.chat.ChatModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.stats.Wilson;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.calibration.Scored;
import dev.outrider.router.calibration.Scores;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.slm.SlmEngine;
import dev.outrider.tools.desk.Desk;

/**
 * What small models get right by themselves, by suite and category, as a Markdown table: the cascade without an LLM, greedy, with the
 * grammar of the tools. Arguments: {@code [--sample N] [--threads N] [--free] [--signals] [--policy FILE] [--model FILE]… SUITE…}; without
 * {@code --model} the embedded model, without {@code --policy} the built-in policy's calibration, with {@code --free} no grammar, with
 * {@code --signals} the AUROC of every signal of the evidence.
 */
public final class ModelScores {

    /** Answers of tool calls are short; what goes on longer is wrong. */
    private static final int MOST_TOKENS = 256;

    private static final long SEED = 1;

    /** What the evidence says of an answer, larger where it is surer. */
    private static final Map<String, Function<DecisionRecord.Evidence, @Nullable Double>> SIGNALS = signals();

    private ModelScores() {}

    private static Map<String, Function<DecisionRecord.Evidence, @Nullable Double>> signals() {
        Map<String, Function<DecisionRecord.Evidence, @Nullable Double>> signals = new LinkedHashMap<>();
        signals.put("least probability of a decision", DecisionRecord.Evidence::smallestDecisionProbability);
        signals.put("least margin of a decision", DecisionRecord.Evidence::smallestDecisionMargin);
        signals.put("mean log-probability of the decisions", DecisionRecord.Evidence::meanDecisionLogProbability);
        signals.put("log-probability of the answer", DecisionRecord.Evidence::sumLogProbability);
        signals.put("probability of the tools' names", DecisionRecord.Evidence::toolNameProbability);
        signals.put("1 - masked-away mass", e -> e.maskedMass() == null ? null : Double.valueOf(1 - e.maskedMass()));
        signals.put("fewer tokens", e -> Double.valueOf(-e.tokens()));
        return signals;
    }

    public static void main(String[] args) {
        int sample = 0;
        int threads = Runtime.getRuntime().availableProcessors();
        boolean free = false;
        boolean signals = false;
        PolicyInForce policy = PolicyInForce.defaults();
        List<Path> models = new ArrayList<>();
        List<String> suites = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--sample" -> sample = Integer.parseInt(args[++i]);
                case "--threads" -> threads = Integer.parseInt(args[++i]);
                case "--free" -> free = true;
                case "--signals" -> signals = true;
                case "--policy" -> policy = PolicyInForce.load(Path.of(args[++i]));
                case "--model" -> models.add(Path.of(args[++i]));
                default -> suites.add(args[i]);
            }
        }
        if (suites.isEmpty()) {
            throw new IllegalArgumentException("[--sample N] [--threads N] [--free] [--signals] [--policy FILE] [--model FILE]... SUITE...");
        }
        System.out.println(signals ? "| suite | model | answers | signal | AUROC |" : "| suite | queries of | model | right | 95 % interval | AUROC | calibrated | ECE |");
        System.out.println(signals ? "|---|---|---|---|---|" : "|---|---|---|---|---|---|---|---|");
        for (String name : suites) {
            Suite all = Suite.load(List.of(name));
            Suite suite = sample == 0 ? all : all.sampleTasks(sample, SEED);
            if (models.isEmpty()) {
                print(suite, "embedded", answers(suite, SlmEngine.embedded(), policy, free), signals);
            }
            for (Path file : models) {
                print(suite, file.getFileName().toString(), answers(suite, SlmEngine.load(file, threads), policy, free), signals);
            }
        }
    }

    private static List<QueryResult> answers(Suite suite, SlmEngine loaded, PolicyInForce policy, boolean free) {
        boolean terminal = System.console() != null && System.console().isTerminal();
        try (SlmEngine engine = loaded;
                SlmChatModel local = SlmChatModel.builder().engine(engine).constrained(!free).maxOutputTokens(MOST_TOKENS).build();
                Desk desk = Desk.inMemory()) {
            ChatModel cascade = CascadeChatModel.builder().local(local).policy(PolicySource.of(policy)).catalogue(desk.catalogue()).ledger(new InMemoryLedger()).build();
            return EvalRunner.builder()
                    .model(cascade)
                    .progress((done, planned, result, elapsed, left) -> {
                        if (terminal || done % 100 == 0) {
                            System.err.printf(Locale.ROOT, "%s%s: %d of %d, %d s, %d s left%s", terminal ? "\r" : "", suite.name(), done, planned,
                                    elapsed.toSeconds(), left.toSeconds(), terminal ? " " : "\n");
                        }
                    })
                    .build()
                    .run(suite)
                    .results();
        }
    }

    private static void print(Suite suite, String model, List<QueryResult> results, boolean signals) {
        List<QueryResult> counted = results.stream().filter(r -> r.flags().isEmpty()).toList();
        if (signals) {
            SIGNALS.forEach((name, signal) -> signal(suite.name(), model, counted, name, signal));
            return;
        }
        row(suite.name(), "all", model, counted, r -> true);
        row(suite.name(), "call expected", model, counted, QueryResult::expectsCall);
        row(suite.name(), "no call expected", model, counted, r -> !r.expectsCall());
        Map<String, Integer> categories = new TreeMap<>();
        counted.forEach(r -> categories.merge(r.category(), 1, Integer::sum));
        if (categories.size() > 1) {
            categories.keySet().forEach(c -> row(suite.name(), c, model, counted, r -> r.category().equals(c)));
        }
        if (counted.size() < results.size()) {
            System.out.printf(Locale.ROOT, "| %s | flagged, not counted | %s | %d | | | | |%n", suite.name(), model, results.size() - counted.size());
        }
    }

    /** One line; queries for which the model gave no answer count as wrong. */
    private static void row(String suite, String of, String model, List<QueryResult> results, Predicate<QueryResult> which) {
        List<QueryResult> picked = results.stream().filter(which).toList();
        if (picked.isEmpty()) {
            return;
        }
        long right = picked.stream().filter(ModelScores::right).count();
        double share = right / (double) picked.size();
        Interval interval = Wilson.interval95(share, picked.size());
        List<Scored> raw = picked.stream()
                .filter(r -> r.confidence() != null)
                .map(r -> new Scored(Objects.requireNonNull(r.confidence()), right(r)))
                .toList();
        List<Scored> calibrated = picked.stream()
                .filter(r -> r.record() != null && r.record().calibration() != null && r.record().calibration().probability() != null)
                .map(r -> new Scored(Objects.requireNonNull(r.record().calibration().probability()), right(r)))
                .toList();
        boolean few = calibrated.size() < picked.size() / 2;
        System.out.printf(Locale.ROOT, "| %s | %s | %s | %d of %d, %.1f %% | %.1f to %.1f | %s | %s | %s |%n", suite, of, model, right, picked.size(),
                100 * share, 100 * interval.low(), 100 * interval.high(), figure(Scores.auroc(raw)),
                few ? "" : figure(Scores.auroc(calibrated)), few ? "" : figure(Scores.ece(calibrated)));
    }

    /** One line: how often the signal is larger for a right answer than for a wrong one. */
    private static void signal(
            String suite, String model, List<QueryResult> results, String name, Function<DecisionRecord.Evidence, @Nullable Double> signal) {
        List<Scored> scored = new ArrayList<>();
        for (QueryResult r : results) {
            DecisionRecord.Local local = r.record() == null ? null : r.record().local();
            DecisionRecord.Evidence evidence = local == null ? null : local.evidence();
            Double value = evidence == null ? null : signal.apply(evidence);
            if (value != null) {
                scored.add(new Scored(value, right(r)));
            }
        }
        System.out.printf(Locale.ROOT, "| %s | %s | %d | %s | %s |%n", suite, model, scored.size(), name, figure(Scores.auroc(scored)));
    }

    private static boolean right(QueryResult r) {
        return r.local() != null && r.local().right();
    }

    private static String figure(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.3f", value.getAsDouble()) : "";
    }
}
