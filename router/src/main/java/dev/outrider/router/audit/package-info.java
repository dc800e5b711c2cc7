/**
 * Random shadow audits of accepted answers: who is audited, what the audits say about local accuracy, and when they say
 * that a risk bound no longer holds. Knows nothing of the cascade; everything can be replayed from a ledger.
 */
@NullMarked
package dev.outrider.router.audit;

import org.jspecify.annotations.NullMarked;
