/** Small helpers that the router's packages share. Not for use outside of the router. */
@NullMarked
package dev.outrider.router.internal;

import org.jspecify.annotations.NullMarked;
