/** JMH benchmarks and peers measured in the same run. */
@NullMarked
package dev.outrider.bench;

import org.jspecify.annotations.NullMarked;
