package dev.outrider.router.calibration;

import org.jspecify.annotations.Nullable;

/**
 * One local answer of the right form, with what is known of its truth.
 *
 * @param workload the kind of work that it is counted under
 * @param cluster unit of independence: answers of one task or session share it and its fate
 * @param evidence how sure the SLM was
 * @param right whether the answer is right, by gold or by an audit
 * @param llmRight whether the LLM's answer to the same query is right; null when nobody knows
 */
public record LabelledAnswer(
        String workload, String cluster, EvidenceFeatures evidence, boolean right, @Nullable Boolean llmRight) {}
