/** GGUF files: memory-mapped, every size checked before use. */
@NullMarked
package dev.outrider.slm.gguf;

import org.jspecify.annotations.NullMarked;
