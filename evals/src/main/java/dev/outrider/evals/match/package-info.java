/** Judges of answers, one class per published rule. */
@NullMarked
package dev.outrider.evals.match;

import org.jspecify.annotations.NullMarked;
