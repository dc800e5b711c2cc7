/** Runs cases and whole tasks through the same cascade as production and keeps what came of every query. */
@NullMarked
package dev.outrider.evals.run;

import org.jspecify.annotations.NullMarked;
