/** Suites, matchers, runner, replacement report, simulated LLM. */
@NullMarked
package dev.outrider.evals;

import org.jspecify.annotations.NullMarked;
