/** From logits to a token, and how sure the model was of it. */
@NullMarked
package dev.outrider.slm.sampling;

import org.jspecify.annotations.NullMarked;
