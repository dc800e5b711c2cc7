/** Text to token ids and back: byte-level BPE as GGUF files describe it. */
@NullMarked
package dev.outrider.slm.tokenizer;

import org.jspecify.annotations.NullMarked;
