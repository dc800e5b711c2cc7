/** Two runs of the same cases, side by side: what got better, what broke, and whether that may be chance. */
@NullMarked
package dev.outrider.evals.compare;

import org.jspecify.annotations.NullMarked;
