/** Truth and speed of the GPU backend; {@code bench/gpu/run} starts it. */
@NullMarked
package dev.outrider.bench.gpu;

import org.jspecify.annotations.NullMarked;
