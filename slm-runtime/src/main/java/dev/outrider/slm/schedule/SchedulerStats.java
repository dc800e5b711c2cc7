package dev.outrider.slm.schedule;

/**
 * What a scheduler is doing and has done.
 *
 * @param running sequences that advance now
 * @param waiting requests that wait
 * @param stateBytes bytes that the states of the running sequences may come to take
 * @param steps steps run
 * @param rows positions read in them
 * @param finished sequences that ended, in whatever way
 */
public record SchedulerStats(int running, int waiting, long stateBytes, long steps, long rows, long finished) {}
