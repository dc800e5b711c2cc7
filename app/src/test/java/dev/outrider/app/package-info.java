@NullMarked
package dev.outrider.app;

import org.jspecify.annotations.NullMarked;
