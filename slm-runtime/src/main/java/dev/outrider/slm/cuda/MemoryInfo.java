package dev.outrider.slm.cuda;

/**
 * A GPU's memory.
 *
 * @param free bytes that nobody holds
 * @param total bytes in all
 */
public record MemoryInfo(long free, long total) {}
