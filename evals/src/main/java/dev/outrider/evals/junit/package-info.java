/** A JUnit extension: a test of one's own that asserts what a suite shows. Needs JUnit 5 or 6 on the class path. */
@NullMarked
package dev.outrider.evals.junit;

import org.jspecify.annotations.NullMarked;
