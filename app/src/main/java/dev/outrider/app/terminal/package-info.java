/** What a person sees: colours, tables, progress. */
@NullMarked
package dev.outrider.app.terminal;

import org.jspecify.annotations.NullMarked;
