package dev.outrider.router.policy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.calibration.CalibrationException;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.internal.OneLine;

/**
 * A policy with everything that it names read in: what one query sees from its start to its end.
 *
 * @param policy the policy
 * @param calibration what is known about the SLM's answers by workload; null when the policy names no table
 * @param calibrationFile where the table was read from; null when there is none, or when it is the built-in one
 */
public record PolicyInForce(
        Policy policy, @Nullable CalibrationTable calibration, @Nullable Path calibrationFile) {

    private static final String TABLE = "default-calibration.json";

    /**
     * Reads a policy file and the table that it names.
     *
     * @throws PolicyException in one line when either cannot be used
     */
    public static PolicyInForce load(Path file) {
        return of(PolicyReader.read(file), file);
    }

    /** The policy that is built in, with its table. */
    public static PolicyInForce defaults() {
        return of(Policy.defaults(), Path.of(""));
    }

    /**
     * A policy made by hand.
     *
     * @throws PolicyException when the table that it names cannot be used; its path is taken as it stands
     */
    public static PolicyInForce of(Policy policy) {
        return of(policy, Path.of(""));
    }

    private static PolicyInForce of(Policy policy, Path file) {
        String name = policy.calibration();
        if (name == null) {
            return new PolicyInForce(policy, null, null);
        }
        try {
            if (name.equals(Policy.BUILT_IN)) {
                return new PolicyInForce(policy, builtIn(), null);
            }
            Path table = file.resolveSibling(name);
            return new PolicyInForce(policy, CalibrationTable.load(table), table);
        } catch (CalibrationException e) {
            throw new PolicyException(file.toString(), 0, 0, "calibration: " + e.getMessage());
        }
    }

    private static CalibrationTable builtIn() {
        try (InputStream in = PolicyInForce.class.getResourceAsStream(TABLE)) {
            if (in == null) {
                throw new PolicyException(
                        Policy.BUILT_IN, 0, 0, "no calibration table ships with this build; name the file of one");
            }
            return CalibrationTable.parse(Policy.BUILT_IN, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new PolicyException(Policy.BUILT_IN, 0, 0, "calibration cannot be read: " + OneLine.of(e));
        }
    }

    /** The table, where there is one. */
    public Optional<CalibrationTable> table() {
        return Optional.ofNullable(calibration);
    }
}
