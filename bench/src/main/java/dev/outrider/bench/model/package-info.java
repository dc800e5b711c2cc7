/** What small models get right by themselves. */
@NullMarked
package dev.outrider.bench.model;

import org.jspecify.annotations.NullMarked;
