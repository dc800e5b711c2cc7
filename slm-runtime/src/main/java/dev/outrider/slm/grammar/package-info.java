/** JSON Schema to token masks: what a model may write next, exact for byte-level vocabularies. */
@NullMarked
package dev.outrider.slm.grammar;

import org.jspecify.annotations.NullMarked;
