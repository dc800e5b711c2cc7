/** What happens in a cascade, told as it happens: to own listeners, to Micrometer, to OpenTelemetry. */
@NullMarked
package dev.outrider.router.events;

import org.jspecify.annotations.NullMarked;
