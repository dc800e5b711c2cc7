/** The processor backend: Vector API kernels and the threads that run them. */
@NullMarked
package dev.outrider.slm.cpu;

import org.jspecify.annotations.NullMarked;
