/** Intervals and quantiles. */
@NullMarked
package dev.outrider.evals.stats;

import org.jspecify.annotations.NullMarked;
