/** The cascade: policy, evidence, budgets, resilience around the LLM, decision ledger. */
@NullMarked
package dev.outrider.router;

import org.jspecify.annotations.NullMarked;
