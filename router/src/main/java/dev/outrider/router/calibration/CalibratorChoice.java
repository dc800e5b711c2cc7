package dev.outrider.router.calibration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Picks the calibrator with the smallest log-loss in {@value #FOLDS}-fold cross-validation by cluster, among those that
 * the sample is large enough for:
 *
 * <ul>
 *   <li>logistic on the weakest decision: always;
 *   <li>logistic on more features: from {@value #EVENTS_PER_FEATURE} answers of the rarer kind (right or wrong) for every
 *       feature (P. Peduzzi et al., Journal of Clinical Epidemiology 49, 1996);
 *   <li>isotonic on the weakest decision: from {@value #LEAST_FOR_ISOTONIC} answers and {@value #EVENTS_PER_FEATURE} of the
 *       rarer kind; with fewer it overfits (A. Niculescu-Mizil and R. Caruana, ICML 2005).
 * </ul>
 */
final class CalibratorChoice {

    static final int FOLDS = 5;
    static final int EVENTS_PER_FEATURE = 10;
    static final int LEAST_FOR_ISOTONIC = 100;

    private static final List<Feature> WEAKEST = List.of(Feature.WEAKEST_DECISION);
    private static final List<Feature> WEAKEST_AND_SUM =
            List.of(Feature.WEAKEST_DECISION, Feature.SUM_LOG_PROBABILITY);
    private static final List<Feature> ALL = List.of(Feature.values());

    private CalibratorChoice() {}

    /**
     * The calibrator, fitted to all answers, and why it was taken.
     *
     * @param why one line for people
     */
    record Chosen(Calibrator calibrator, String why) {}

    /** One way to fit. */
    private record Candidate(String name, Function<List<LabelledAnswer>, Calibrator> fit) {}

    /**
     * Fits and picks.
     *
     * @param answers may be empty; clusters are dealt to the folds in the order in which they appear
     */
    static Chosen choose(List<LabelledAnswer> answers) {
        List<Candidate> candidates = candidates(answers);
        if (candidates.size() == 1) {
            Candidate only = candidates.getFirst();
            return new Chosen(only.fit.apply(answers), only.name + ": too few answers for anything else");
        }
        List<List<LabelledAnswer>> folds = folds(answers);
        Candidate best = candidates.getFirst();
        double least = Double.POSITIVE_INFINITY;
        List<String> said = new ArrayList<>();
        for (Candidate candidate : candidates) {
            double loss = crossValidated(candidate, folds);
            said.add(String.format(Locale.ROOT, "%s %.4f", candidate.name, loss));
            if (loss < least) {
                best = candidate;
                least = loss;
            }
        }
        return new Chosen(best.fit.apply(answers), "cross-validated log-loss: " + String.join(", ", said));
    }

    private static List<Candidate> candidates(List<LabelledAnswer> answers) {
        long right = answers.stream().filter(LabelledAnswer::right).count();
        long rarer = Math.min(right, answers.size() - right);
        List<Candidate> candidates = new ArrayList<>();
        candidates.add(new Candidate("logistic", a -> LogisticFit.fit(WEAKEST, a)));
        if (answers.size() >= LEAST_FOR_ISOTONIC && rarer >= EVENTS_PER_FEATURE) {
            candidates.add(new Candidate("isotonic", a -> IsotonicCalibrator.fit(Feature.WEAKEST_DECISION, a)));
        }
        for (List<Feature> features : List.of(WEAKEST_AND_SUM, ALL)) {
            List<Feature> known = features.stream()
                    .filter(f -> answers.stream().noneMatch(a -> Double.isNaN(f.of(a.evidence()))))
                    .toList();
            if (known.size() > 1 && rarer >= (long) EVENTS_PER_FEATURE * known.size()) {
                candidates.add(new Candidate("logistic on " + known.size(), a -> LogisticFit.fit(known, a)));
            }
        }
        return candidates;
    }

    private static List<List<LabelledAnswer>> folds(List<LabelledAnswer> answers) {
        Map<String, Integer> foldOf = new LinkedHashMap<>();
        List<List<LabelledAnswer>> folds = new ArrayList<>();
        for (int i = 0; i < FOLDS; i++) {
            folds.add(new ArrayList<>());
        }
        for (LabelledAnswer answer : answers) {
            int next = foldOf.size() % FOLDS;
            folds.get(foldOf.computeIfAbsent(answer.cluster(), c -> next)).add(answer);
        }
        return folds;
    }

    private static double crossValidated(Candidate candidate, List<List<LabelledAnswer>> folds) {
        double loss = 0;
        int n = 0;
        for (int held = 0; held < folds.size(); held++) {
            List<LabelledAnswer> rest = new ArrayList<>();
            for (int i = 0; i < folds.size(); i++) {
                if (i != held) {
                    rest.addAll(folds.get(i));
                }
            }
            if (rest.isEmpty()) {
                continue;
            }
            Calibrator fitted = candidate.fit.apply(rest);
            for (LabelledAnswer answer : folds.get(held)) {
                double p = Math.clamp(fitted.probability(answer.evidence()), 1e-9, 1 - 1e-9);
                loss -= Math.log(answer.right() ? p : 1 - p);
                n++;
            }
        }
        return loss / Math.max(1, n);
    }
}
