package dev.outrider.router.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;

import dev.outrider.router.calibration.ThresholdTest.Counts;

/**
 * Fits calibrators and derives thresholds, workload by workload.
 *
 * <p><b>Two parts.</b> The clusters of a workload are shuffled by the seed. A third of them fits the calibrator and fixes the
 * candidates and their order; the other two thirds test them ({@link ThresholdTest}) and give ECE, AUROC and Brier score.
 * Nothing of the test part flows into what it tests. It is the larger one because it carries the proof: a calibrator has
 * two to four parameters, a bound needs tasks.
 *
 * <p><b>Units.</b> Queries of one task share its fate, and a binomial test that counted each would claim too much. So one
 * answer of every cluster is drawn by chance, and these are the independent units of the test. The risk that is bounded is
 * therefore that of <em>an answer drawn by drawing a cluster first and then one of its answers</em>. Where long tasks
 * are harder than short ones, the risk per answer may differ from it. Calibrators and figures use all answers.
 *
 * <p><b>Candidates.</b> Up to {@value #MOST_CANDIDATES} of the probabilities that the calibrator gives to the first part.
 * For the JOINT risk they are tested from the strictest on. For the CONDITIONAL risk the strictest ones accept too few
 * answers to prove anything, so the order begins at the strictest candidate that would pass comfortably on the first part
 * itself, and goes on to looser ones.
 */
public final class CalibrationFit {

    private static final int MOST_CANDIDATES = 200;

    /** A first part that passes with this much room to spare bodes well for the second. */
    private static final double COMFORT = 5;

    /** One cluster in so many fits the calibrator; the others test. */
    private static final int FIT_SHARE = 3;

    private final Target target;
    private final long seed;

    /**
     * @param seed of the parts and of the draw of units
     */
    public CalibrationFit(Target target, long seed) {
        this.target = target;
        this.seed = seed;
    }

    /**
     * Fits every workload that the answers name, in the order of the names.
     *
     * @param targets what each workload is to keep
     */
    public static List<WorkloadFit> fit(List<LabelledAnswer> answers, Function<String, Target> targets, long seed) {
        Map<String, List<LabelledAnswer>> byWorkload = new TreeMap<>();
        for (LabelledAnswer answer : answers) {
            byWorkload.computeIfAbsent(answer.workload(), w -> new ArrayList<>()).add(answer);
        }
        List<WorkloadFit> fits = new ArrayList<>();
        byWorkload.forEach((workload, own) -> fits.add(new CalibrationFit(targets.apply(workload), seed).fit(workload, own)));
        return fits;
    }

    /**
     * Fits one workload.
     *
     * @param answers of this workload; may be few, or none
     */
    public WorkloadFit fit(String workload, List<LabelledAnswer> answers) {
        Random random = new Random(seed ^ workload.hashCode());
        List<List<LabelledAnswer>> clusters = clusters(answers);
        Collections.shuffle(clusters, random);
        List<List<LabelledAnswer>> fitPart = clusters.subList(0, clusters.size() / FIT_SHARE);
        List<List<LabelledAnswer>> testPart = clusters.subList(clusters.size() / FIT_SHARE, clusters.size());

        List<LabelledAnswer> fitting = fitPart.stream().flatMap(List::stream).toList();
        CalibratorChoice.Chosen chosen = CalibratorChoice.choose(fitting);
        Calibrator calibrator = chosen.calibrator();
        List<Scored> units = testPart.stream()
                .map(c -> scored(calibrator, c.get(random.nextInt(c.size()))))
                .toList();
        List<Scored> test = testPart.stream()
                .flatMap(List::stream)
                .map(a -> scored(calibrator, a))
                .toList();

        double[] order = order(calibrator, fitting);
        double[] scores = units.stream().mapToDouble(Scored::probability).toArray();
        boolean[] right = new boolean[scores.length];
        for (int i = 0; i < right.length; i++) {
            right[i] = units.get(i).right();
        }
        ThresholdTest tester = new ThresholdTest(target.kind(), target.risk(), target.confidence());
        ThresholdTest.Outcome outcome = order.length == 0
                ? new ThresholdTest.Outcome(OptionalDouble.empty(), new Counts(1, scores.length, 0, 0))
                : tester.run(order, scores, right);
        Counts at = outcome.at();
        boolean found = outcome.threshold().isPresent();
        double bound = found
                ? target.risk()
                : ExactBinomial.upper(at.wrong(), at.base(target.kind()), target.confidence());
        WorkloadCalibration calibration = new WorkloadCalibration(
                workload,
                answers.size(),
                clusters.size(),
                scores.length,
                calibrator,
                chosen.why(),
                target.kind(),
                target.risk(),
                target.confidence(),
                outcome.threshold(),
                bound,
                at.accepted(),
                at.wrong(),
                Scores.ece(test),
                Scores.auroc(test),
                Scores.brier(test),
                found ? null : whyNot(at, bound),
                LlmAccuracy.of(answers));
        return new WorkloadFit(calibration, test);
    }

    private static List<List<LabelledAnswer>> clusters(List<LabelledAnswer> answers) {
        Map<String, List<LabelledAnswer>> clusters = new LinkedHashMap<>();
        for (LabelledAnswer answer : answers) {
            clusters.computeIfAbsent(answer.cluster(), c -> new ArrayList<>()).add(answer);
        }
        return new ArrayList<>(clusters.values());
    }

    private static Scored scored(Calibrator calibrator, LabelledAnswer answer) {
        return new Scored(calibrator.probability(answer.evidence()), answer.right());
    }

    /** Candidates in the order of their test, from the first part alone. */
    private double[] order(Calibrator calibrator, List<LabelledAnswer> fitting) {
        double[] scores = new double[fitting.size()];
        boolean[] right = new boolean[scores.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = calibrator.probability(fitting.get(i).evidence());
            right[i] = fitting.get(i).right();
        }
        double[] candidates = thinned(Arrays.stream(scores)
                .filter(p -> p > 0)
                .distinct()
                .boxed()
                .sorted(Comparator.reverseOrder())
                .mapToDouble(Double::doubleValue)
                .toArray());
        if (target.kind() == RiskKind.JOINT || candidates.length == 0) {
            return candidates;
        }
        ThresholdTest rehearsal = new ThresholdTest(target.kind(), target.risk(), target.confidence());
        int start = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < candidates.length; i++) {
            double p = rehearsal.pValue(Counts.at(candidates[i], scores, right));
            if (p < least) {
                least = p;
                start = i;
            }
            if (p <= (1 - target.confidence()) / COMFORT) {
                break;
            }
        }
        return Arrays.copyOfRange(candidates, start, candidates.length);
    }

    /** At most {@value #MOST_CANDIDATES}, evenly spread by rank, both ends kept. */
    private static double[] thinned(double[] candidates) {
        if (candidates.length <= MOST_CANDIDATES) {
            return candidates;
        }
        double[] kept = new double[MOST_CANDIDATES];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = candidates[(int) Math.round(i * (candidates.length - 1.0) / (kept.length - 1))];
        }
        return kept;
    }

    private String whyNot(Counts at, double bound) {
        int fewest = ExactBinomial.fewest(target.risk(), target.confidence());
        int base = at.base(target.kind());
        if (base < fewest) {
            return String.format(
                    Locale.ROOT,
                    "too little evidence: %d %stest tasks, and even without an error it takes %d to show a %s risk of %s",
                    base,
                    target.kind() == RiskKind.JOINT ? "" : "accepted ",
                    fewest,
                    target.kind().word(),
                    target.risk());
        }
        return String.format(
                Locale.ROOT,
                "%d of %d accepted test tasks are wrong at the first threshold tried: the %s risk may be as high as %.3f",
                at.wrong(),
                at.accepted(),
                target.kind().word(),
                bound);
    }
}
