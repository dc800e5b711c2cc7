/** The decision ledger: what is written about every query before its answer leaves, and how it is read again. */
@NullMarked
package dev.outrider.router.ledger;

import org.jspecify.annotations.NullMarked;
