/** What another policy would have done on the traffic of a ledger. */
@NullMarked
package dev.outrider.evals.replay;

import org.jspecify.annotations.NullMarked;
