package dev.outrider.router.calibration;

import java.util.List;

/**
 * A fitted workload and the test part behind its figures, for diagrams.
 *
 * @param calibration what goes into the table
 * @param test all answers of the test part, scored
 */
public record WorkloadFit(WorkloadCalibration calibration, List<Scored> test) {

    public WorkloadFit {
        test = List.copyOf(test);
    }
}
