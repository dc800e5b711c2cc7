package dev.outrider.bench.gpu;

import java.util.ArrayList;
import java.util.List;

/**
 * What is measured of every model in every format.
 *
 * @param prompts lengths of prompts that are read
 * @param preamble length of the kept preamble before the first token
 * @param contexts tokens before those that are decoded
 * @param batches sequences that are decoded together
 */
record Rows(List<Integer> prompts, int preamble, List<Integer> contexts, List<Integer> batches) {

    static final Rows FULL =
            new Rows(List.of(512, 2048, 8192), 1000, List.of(100, 8192, 32768, 131072), List.of(1, 8, 32));

    static final Rows QUICK = new Rows(List.of(512, 2048, 8192), 1000, List.of(100, 8192), List.of(1, 8, 32));

    /** With tiny shapes, where there is no GPU. */
    static final Rows REHEARSAL = new Rows(List.of(20), 1000, List.of(20, 1200), List.of(1, 2));

    Rows {
        prompts = List.copyOf(prompts);
        contexts = List.copyOf(contexts);
        batches = List.copyOf(batches);
    }

    /** The same for llama.cpp. */
    List<PeerJob> peerJobs() {
        List<PeerJob> jobs = new ArrayList<>();
        prompts.forEach(prompt -> jobs.add(new PeerJob(PeerJob.Kind.PROMPT, prompt, 1)));
        jobs.add(new PeerJob(PeerJob.Kind.FIRST, preamble, 1));
        contexts.forEach(
                context -> batches.forEach(batch -> jobs.add(new PeerJob(PeerJob.Kind.DECODE, context, batch))));
        return jobs;
    }
}
