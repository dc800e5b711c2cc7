@NullMarked
package dev.outrider.slm.grammar;

import org.jspecify.annotations.NullMarked;
