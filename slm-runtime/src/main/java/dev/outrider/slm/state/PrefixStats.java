package dev.outrider.slm.state;

/**
 * What a prefix tree has done so far.
 *
 * @param hits prompts of which a part need not be read
 * @param misses prompts that were read from the beginning
 * @param reusedTokens tokens that were not read
 * @param snapshots snapshots held now
 * @param bytes memory that they take
 * @param evictions snapshots that were dropped for others
 */
public record PrefixStats(long hits, long misses, long reusedTokens, int snapshots, long bytes, long evictions) {}
