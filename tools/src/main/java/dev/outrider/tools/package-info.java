/** Tool catalogue, side-effect classes, argument checks, the sample desk tool set. */
@NullMarked
package dev.outrider.tools;

import org.jspecify.annotations.NullMarked;
