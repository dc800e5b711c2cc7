package dev.outrider.router.budget;

/**
 * What became of a lease.
 *
 * @param charged booked in every budget that counts it
 * @param overdraft the part of it that had not been set aside; all of it when the lease had been given back or had
 *     expired
 * @param late whether the lease had been given back or had expired before
 */
public record Settlement(Amounts charged, Amounts overdraft, boolean late) {}
