@NullMarked
package dev.outrider.agents;

import org.jspecify.annotations.NullMarked;
