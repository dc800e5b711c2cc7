/** The desk: a shop's back office on SQLite, the sample tool set that agents, suites and demos work with. */
@NullMarked
package dev.outrider.tools.desk;

import org.jspecify.annotations.NullMarked;
