/** What was read once need not be read again: snapshots of sequences, and the tree that finds the one to go on from. */
@NullMarked
package dev.outrider.slm.state;

import org.jspecify.annotations.NullMarked;
