/** The in-process engine: GGUF, tokenizer, hybrid model, CPU kernels, LangChain4j chat model. */
@NullMarked
package dev.outrider.slm;

import org.jspecify.annotations.NullMarked;
