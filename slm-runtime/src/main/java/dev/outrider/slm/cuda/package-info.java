/** The CUDA driver through the foreign function interface, and the operations of a model on a GPU. */
@NullMarked
package dev.outrider.slm.cuda;

import org.jspecify.annotations.NullMarked;
