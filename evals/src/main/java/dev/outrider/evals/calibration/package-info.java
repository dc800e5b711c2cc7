/** Runs and ledgers as labelled answers that calibrators are fitted to. */
@NullMarked
package dev.outrider.evals.calibration;

import org.jspecify.annotations.NullMarked;
