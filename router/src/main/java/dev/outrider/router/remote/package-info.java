/** The LLM and whatever else answers over HTTP: endpoints, patience with them, prices, faults in one line. */
@NullMarked
package dev.outrider.router.remote;

import org.jspecify.annotations.NullMarked;
