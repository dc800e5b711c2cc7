/** An LLM that is none: a real HTTP server that serves a suite's recorded answers, and misbehaves on demand. */
@NullMarked
package dev.outrider.evals.llm;

import org.jspecify.annotations.NullMarked;
