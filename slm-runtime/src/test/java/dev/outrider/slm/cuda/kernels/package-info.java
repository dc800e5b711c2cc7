/** The logic of the CUDA kernels, run on the processor through the shim of {@code src/test/cpp} and held against plain Java. */
@NullMarked
package dev.outrider.slm.cuda.kernels;

import org.jspecify.annotations.NullMarked;
