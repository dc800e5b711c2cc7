/**
 * From evidence to P(correct), and from P(correct) to a threshold whose risk is bounded: fitted calibrators, exact
 * binomial tests, the calibration table. Knows nothing of the cascade.
 */
@NullMarked
package dev.outrider.router.calibration;

import org.jspecify.annotations.NullMarked;
