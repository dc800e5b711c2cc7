/** Many sequences on one model: who runs, what each step is made of, and who waits. */
@NullMarked
package dev.outrider.slm.schedule;

import org.jspecify.annotations.NullMarked;
