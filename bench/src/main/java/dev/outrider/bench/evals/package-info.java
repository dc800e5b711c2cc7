/** How fast evaluations are matched and reported. */
@NullMarked
package dev.outrider.bench.evals;

import org.jspecify.annotations.NullMarked;
