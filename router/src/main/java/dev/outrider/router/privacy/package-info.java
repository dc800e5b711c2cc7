/** What may leave the house: the door to the LLMs, what is replaced before anything passes it, records at rest. */
@NullMarked
package dev.outrider.router.privacy;

import org.jspecify.annotations.NullMarked;
