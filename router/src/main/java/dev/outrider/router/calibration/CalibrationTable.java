package dev.outrider.router.calibration;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.tools.SideEffect;

/**
 * Calibrations of one SLM, workload by workload: one JSON file, written by {@code ./outrider calibrate} and documented in
 * {@code docs/calibration.md}. Immutable.
 *
 * @param version name of this table, written into every ledger record that it decided
 * @param model name of the SLM
 * @param chatFormat how conversations are written for it; null when unknown
 * @param sha256 SHA-256 of its file in hex; null when unknown
 * @param by what the workloads are: {@code effect}, {@code tool} or {@code workload}
 * @param fitted when
 * @param expires from then on nothing is accepted on it: sources drift
 * @param source where the labelled answers came from
 * @param workloads by name
 */
public record CalibrationTable(
        String version,
        String model,
        @Nullable String chatFormat,
        @Nullable String sha256,
        By by,
        Instant fitted,
        Instant expires,
        Source source,
        Map<String, WorkloadCalibration> workloads) {

    public CalibrationTable {
        if (!expires.isAfter(fitted)) {
            throw new IllegalArgumentException("expires must be after fitted");
        }
        workloads = Collections.unmodifiableMap(new LinkedHashMap<>(workloads));
        workloads.forEach((name, workload) -> {
            if (!name.equals(workload.workload())) {
                throw new IllegalArgumentException("workload " + workload.workload() + " stands under " + name);
            }
        });
    }

    /** What the workloads of a table are. */
    public enum By {
        /** {@code read}, {@code write}, {@code money} by the heaviest effect of the proposed calls, {@code reply} without calls. */
        EFFECT,
        /** The name of the tool that is called, {@code several tools}, or {@code reply}. */
        TOOL,
        /** The workload as the policy, or the caller, names it. */
        WORKLOAD;

        private static final String REPLY = "reply";

        /**
         * The workload of an answer.
         *
         * @param workload as the policy or the caller names it; null when nobody does
         * @param tools names of the called tools, in order
         * @param effect heaviest effect of the calls; null for a reply
         * @return null when it is by workload and nobody names one
         */
        public @Nullable String nameOf(@Nullable String workload, List<String> tools, @Nullable SideEffect effect) {
            return switch (this) {
                case EFFECT -> effect == null ? REPLY : effect.name().toLowerCase(Locale.ROOT);
                case TOOL -> switch (Set.copyOf(tools).size()) {
                    case 0 -> REPLY;
                    case 1 -> tools.getFirst();
                    default -> "several tools";
                };
                case WORKLOAD -> workload;
            };
        }

        /** The workload of a ledger's local answer; null when the record does not tell. */
        public @Nullable String nameOf(DecisionRecord record) {
            DecisionRecord.Local local = record.local();
            Answer answer = local == null ? null : local.answer();
            if (this == TOOL && answer == null) {
                return null;
            }
            List<String> tools = answer == null ? List.of() : answer.calls().stream().map(Answer.Call::name).toList();
            return nameOf(record.workload(), tools, record.effect());
        }
    }

    /**
     * Where the labelled answers came from.
     *
     * @param kind {@code suite} when gold answers told right from wrong, {@code ledger} when audits and escalations did
     * @param names the suites or files
     * @param answers labelled answers over all workloads
     * @param seed of the halves and draws
     */
    public record Source(String kind, List<String> names, int answers, long seed) {
        public Source {
            names = List.copyOf(names);
        }
    }

    /** The SLM that this table is about. */
    public SlmIdentity identity() {
        return new SlmIdentity(model, chatFormat, sha256);
    }

    /** The calibration of a workload, when there is one. */
    public Optional<WorkloadCalibration> of(String workload) {
        return Optional.ofNullable(workloads.get(workload));
    }

    /** Whether nothing may be accepted on this table any more. */
    public boolean expired(Instant now) {
        return !now.isBefore(expires);
    }

    /** What a table says about one answer. Sealed: whoever asks handles both. */
    public sealed interface Judgement {

        /**
         * There is a threshold.
         *
         * @param probability P(right)
         * @param threshold what it must reach
         * @param by the calibration that says so
         */
        record Calibrated(double probability, double threshold, WorkloadCalibration by) implements Judgement {
            public boolean accepted() {
                return probability >= threshold;
            }
        }

        /**
         * There is none, so the answer must not be accepted on this table.
         *
         * @param why one line
         * @param probability P(right) where the workload has a calibrator; null otherwise
         */
        record Uncalibrated(String why, @Nullable Double probability) implements Judgement {}
    }

    /**
     * Judges the evidence of an answer of the right form.
     *
     * @param demanded what the policy demands; a calibration that shows less than that is none
     */
    public Judgement judge(String workload, EvidenceFeatures evidence, Target demanded, Instant now) {
        WorkloadCalibration calibration = workloads.get(workload);
        if (calibration == null) {
            return new Judgement.Uncalibrated(
                    "calibration " + version + " has no workload " + OneLine.of(workload) + "; fit it with ./outrider calibrate",
                    null);
        }
        double probability = calibration.calibrator().probability(evidence);
        if (expired(now)) {
            return new Judgement.Uncalibrated(
                    "calibration " + version + " expired on " + expires + "; fit a new one with ./outrider calibrate",
                    probability);
        }
        if (calibration.threshold().isEmpty()) {
            return new Judgement.Uncalibrated(
                    "workload " + workload + " of calibration " + version + " has no threshold: " + calibration.whyNot(),
                    probability);
        }
        if (!calibration.target().meets(demanded)) {
            return new Judgement.Uncalibrated(
                    "workload " + workload + " of calibration " + version + " was fitted for a " + calibration.target().inWords()
                            + ", but the policy demands a " + demanded.inWords() + "; fit it again with ./outrider calibrate",
                    probability);
        }
        return new Judgement.Calibrated(probability, calibration.threshold().getAsDouble(), calibration);
    }

    /**
     * Reads a table.
     *
     * @throws CalibrationException in one line when the file cannot be read, is no calibration table, is of a newer form,
     *     or holds values that cannot be
     */
    public static CalibrationTable load(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new CalibrationException(
                    file.toString(), "does not exist; check the path, or fit one with ./outrider calibrate", e);
        } catch (CharacterCodingException e) {
            throw new CalibrationException(file.toString(), "is no calibration table: it is no UTF-8 text", e);
        } catch (IOException e) {
            throw new CalibrationException(file.toString(), "cannot be read (" + OneLine.of(e) + ")", e);
        }
    }

    /**
     * Reads the text of a table.
     *
     * @param name for messages
     * @throws CalibrationException as {@link #load}
     */
    public static CalibrationTable parse(String name, String json) {
        return CalibrationJson.read(name, json);
    }

    /** The JSON form, with line breaks. */
    public String toJson() {
        return CalibrationJson.write(this);
    }

    /**
     * Writes the table; it appears complete or not at all.
     *
     * @throws CalibrationException when that fails
     */
    public void save(Path file) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, toJson());
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CalibrationException(file.toString(), "cannot be written (" + OneLine.of(e) + ")", e);
        }
    }

    /**
     * Checks that the table is about this SLM and still holds.
     *
     * @param name of the table's file, for messages
     * @throws CalibrationException in one line when it is not
     */
    public void check(String name, SlmIdentity loaded, Instant now) {
        if (!identity().matches(loaded)) {
            throw new CalibrationException(
                    name,
                    "was fitted for " + identity().inOneLine() + ", but the SLM is " + loaded.inOneLine()
                            + "; fit a table for it with ./outrider calibrate");
        }
        if (expired(now)) {
            throw new CalibrationException(
                    name, "expired on " + expires + "; fit a new table with ./outrider calibrate");
        }
    }
}
