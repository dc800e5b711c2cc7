/**
 * Hard limits on money, tokens and time: a lease takes the worst case from every budget that applies or from none, and
 * is settled with what was really used. Knows nothing of models and of the cascade.
 */
@NullMarked
package dev.outrider.router.budget;

import org.jspecify.annotations.NullMarked;
