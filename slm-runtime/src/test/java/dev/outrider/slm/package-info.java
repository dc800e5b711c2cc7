@NullMarked
package dev.outrider.slm;

import org.jspecify.annotations.NullMarked;
