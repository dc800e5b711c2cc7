@NullMarked
package dev.outrider.slm.cuda;

import org.jspecify.annotations.NullMarked;
