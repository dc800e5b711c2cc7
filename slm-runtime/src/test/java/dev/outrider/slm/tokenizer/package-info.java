@NullMarked
package dev.outrider.slm.tokenizer;

import org.jspecify.annotations.NullMarked;
