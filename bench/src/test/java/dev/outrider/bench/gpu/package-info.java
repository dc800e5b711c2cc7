@NullMarked
package dev.outrider.bench.gpu;

import org.jspecify.annotations.NullMarked;
