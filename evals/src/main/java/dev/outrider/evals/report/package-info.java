/** The replacement report: figures, JSON, HTML and a table for terminals. */
@NullMarked
package dev.outrider.evals.report;

import org.jspecify.annotations.NullMarked;
