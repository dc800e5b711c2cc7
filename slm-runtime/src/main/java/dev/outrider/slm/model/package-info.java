/** Hybrid models: configuration, weights, and the layer graph over a backend's operations. */
@NullMarked
package dev.outrider.slm.model;

import org.jspecify.annotations.NullMarked;
