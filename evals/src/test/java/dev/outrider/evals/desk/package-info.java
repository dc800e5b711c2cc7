/** Makes and checks the desk suite: hand-written tasks, replayed on a fresh desk. */
@NullMarked
package dev.outrider.evals.desk;

import org.jspecify.annotations.NullMarked;
