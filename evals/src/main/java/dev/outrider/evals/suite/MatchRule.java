package dev.outrider.evals.suite;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** How the calls of an answer are compared with the expected ones; {@code match} in a case. */
public enum MatchRule {
    /** The Berkeley Function-Calling Leaderboard's AST check (ShishirPatil/gorilla, bfcl_eval). */
    BFCL_AST("bfcl-ast"),
    /** Same tools, deep-equal arguments: agreement with a recorded run. */
    EXACT_JSON("exact-json"),
    /** Every gold argument present and equal, further arguments of the schema allowed (microsoft/ToolTalk). */
    GOLD_SUBSET("gold-subset"),
    /** The calls leave the desk's database as the gold calls do, and bring what these bring (sierra-research/tau-bench). */
    DESK_STATE("desk-state"),
    /** An LLM says whether a free reply is at least as good as the reference (Zheng et al., arXiv 2306.05685). */
    LLM_JUDGE("llm-judge"),
    /** Nothing to compare: right and wrong were recorded with the case (lm-sys/RouteLLM). */
    RECORDED_OUTCOME("recorded-outcome");

    private final String id;

    MatchRule(String id) {
        this.id = id;
    }

    /** The name in a suite file. */
    public String id() {
        return id;
    }

    static Optional<MatchRule> of(String id) {
        return Arrays.stream(values()).filter(r -> r.id.equals(id)).findFirst();
    }

    static String all() {
        return Arrays.stream(values()).map(MatchRule::id).collect(Collectors.joining(", "));
    }
}
