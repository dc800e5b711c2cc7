package dev.outrider.router.policy;

import java.math.BigDecimal;
import java.util.List;

import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.policy.Workload.Demand;
import dev.outrider.router.policy.Workload.Thinking;
import dev.outrider.router.policy.Workload.UnhelpedBy;
import dev.outrider.router.privacy.Egress;
import dev.outrider.tools.SideEffect;

/** The settings of a workload. */
final class WorkloadKnobs {

    private static final Knob<Match, List<String>> LABEL = Knob.of(
            "label",
            Kinds.listOf(Kinds.text()),
            List.of(),
            Match::label,
            "The caller's label of the work (`CascadeAttributes.workload`) is one of these.");

    private static final Knob<Match, List<String>> SUBTASK = Knob.of(
            "subtask",
            Kinds.listOf(Kinds.text()),
            List.of(),
            Match::subtask,
            "The caller's kind of subtask (`CascadeAttributes.subtask`) is one of these.");

    private static final Knob<Match, List<String>> OFFERS_ANY = Knob.of(
            "offers-any",
            Kinds.listOf(Kinds.text()),
            List.of(),
            Match::offersAny,
            "The request offers at least one of these tools.");

    private static final Knob<Match, List<String>> TOOL_SET = Knob.of(
            "tool-set",
            Kinds.listOf(Kinds.text()),
            List.of(),
            Match::toolSet,
            "The request offers exactly these tools, in any order.");

    private static final Knob<Match, String> REQUEST_MATCHES = Knob.optional(
            "request-matches",
            Kinds.regex(),
            Match::requestMatches,
            "Found in one of the request's user messages, earlier turns included: they would leave with it.");

    private static final Knob<Match, Integer> MIN_MESSAGES = Knob.optional(
            "min-messages",
            Kinds.integer(1, Integer.MAX_VALUE),
            Match::minMessages,
            "The request has at least so many messages.");

    private static final Knob<Match, List<String>> CALLS_ANY = Knob.of(
            "calls-any",
            Kinds.listOf(Kinds.text()),
            List.of(),
            Match::callsAny,
            "The SLM's answer calls at least one of these tools.");

    private static final Knob<Match, List<AnswerEffect>> EFFECT = Knob.of(
            "effect",
            Kinds.listOf(Kinds.choice(AnswerEffect.class)),
            List.of(),
            Match::effect,
            "The heaviest effect of the SLM's answer is one of these; `reply` is text without a call.");

    private static final Shape<Match> MATCH = Shape.of(
            """
            Conditions. All that are given must hold; without any, everything matches. `calls-any` and `effect` speak of the \
            SLM's answer: a workload with one of them is settled after the SLM was asked, and what must be settled before \
            (`thinking`, `mode: shadow`) belongs to the first workload without them.""",
            v -> new Match(
                    v.get(LABEL),
                    v.get(SUBTASK),
                    v.get(OFFERS_ANY),
                    v.get(TOOL_SET),
                    v.find(REQUEST_MATCHES),
                    v.find(MIN_MESSAGES),
                    v.get(CALLS_ANY),
                    v.get(EFFECT)),
            LABEL,
            SUBTASK,
            OFFERS_ANY,
            TOOL_SET,
            REQUEST_MATCHES,
            MIN_MESSAGES,
            CALLS_ANY,
            EFFECT);

    private static final Knob<Workload, String> NAME = Knob.required(
            "name",
            Kinds.text(),
            Workload::name,
            "Shown in decisions and in the ledger. The calibration table knows the workload by this name.");

    private static final Knob<Workload, Match> MATCHES =
            Knob.section("match", MATCH, Workload::match, "Which queries it takes. Without it, all.");

    private static final Knob<Workload, Then> THEN = Knob.of(
            "then",
            Kinds.choice(Then.class),
            Then.DECIDE,
            Workload::then,
            "`decide`: the SLM answers and its evidence decides. `escalate`: the LLM is asked whatever the SLM says; the SLM is"
                    + " asked only when `match` needs its answer. `refuse`: nobody answers.");

    private static final Knob<Workload, Mode> MODE = Knob.of(
            "mode",
            Kinds.choice(Mode.class),
            Mode.ENFORCE,
            Workload::mode,
            "`enforce`: the decision counts. `observe`: the SLM is asked and the decision recorded, then the LLM answers."
                    + " `shadow`: the LLM answers at once, and the SLM is asked off the caller's path. What would have been"
                    + " decided stands in the record as `wouldHave`.");

    private static final Knob<Workload, Double> TARGET_RISK = Knob.of(
            "target-risk",
            Kinds.share(),
            0.05,
            w -> w.demand().targetRisk(),
            "Largest risk of a wrong accepted answer. The threshold follows from it: the loosest one of the calibration table"
                    + " whose bound (95 % confidence) stays below.");

    private static final Knob<Workload, RiskKind> RISK_KIND = Knob.of(
            "risk-kind",
            Kinds.choice(RiskKind.class),
            RiskKind.CONDITIONAL,
            w -> w.demand().riskKind(),
            "`conditional`: the share of wrong ones among accepted answers. `joint`: the share of queries that are accepted and"
                    + " wrong. Conditional demands more.");

    private static final Knob<Workload, Uncalibrated> UNCALIBRATED = Knob.of(
            "uncalibrated",
            Kinds.choice(Uncalibrated.class),
            Uncalibrated.ESCALATE,
            w -> w.demand().uncalibrated(),
            "What decides while no table knows the workload. `escalate`: the LLM. `threshold`: the raw probability of the least"
                    + " certain decision token must reach `min-probability`. That number is typed, not earned: it bounds no risk.");

    private static final Knob<Workload, Double> MIN_PROBABILITY = Knob.optional(
            "min-probability",
            Kinds.probability(),
            w -> w.demand().minProbability(),
            "For `uncalibrated: threshold`, and needed there. Raw: 0.9 does not mean that nine of ten such answers are right.");

    private static final Knob<Workload, Egress> EGRESS = Knob.of(
            "egress",
            Kinds.choice(Egress.class),
            Egress.ANY,
            Workload::egress,
            "`any`: the request may go to the LLM. `redacted`: it may, after personal data were replaced. `local-only`: never; a"
                    + " local answer that is not good enough is refused. Of all workloads that match, the strictest holds.");

    private static final Knob<Workload, ThinkingMode> THINKING = Knob.of(
            "thinking",
            Kinds.choice(ThinkingMode.class),
            ThinkingMode.OFF,
            w -> w.thinking().mode(),
            "Whether a local model that can think may do so before it answers. `auto`: as long as thinking credits last.");

    private static final Knob<Workload, Integer> MAX_THINK_TOKENS = Knob.of(
            "max-think-tokens",
            Kinds.integer(1, 1_000_000),
            512,
            w -> w.thinking().maxTokens(),
            "Most tokens of thought per answer.");

    private static final Knob<Workload, ToolLoops> TOOL_LOOPS = Knob.of(
            "tool-loops",
            Kinds.choice(ToolLoops.class),
            ToolLoops.STICKY,
            Workload::toolLoops,
            "`sticky`: while the messages end in results of tools, the LLM goes on where the LLM asked for them; the person's"
                    + " next request begins with the SLM again. `free`: every query is decided by itself.");

    private static final Knob<Workload, Unhelped> WHEN_LLM_FAILS_TOO = Knob.of(
            "when-llm-fails-too",
            Kinds.choice(Unhelped.class),
            Unhelped.ANSWER_LOCALLY,
            w -> w.unhelped().whenLlmFailsToo(),
            "What happens instead of asking an LLM that is known, from audits or a suite, not to be worth its price here: `refuse`, or"
                    + " `answer-locally` up to `answer-locally-up-to`, else refuse.");

    private static final Knob<Workload, BigDecimal> ANSWER_VALUE_USD = Knob.of(
            "answer-value-usd",
            Kinds.aboveZero(),
            UnhelpedBy.ANSWER_VALUE_USD,
            w -> w.unhelped().answerValueUsd(),
            "What a right answer is worth. Where it is known how often the LLM is right, it is paid only when being right more"
                    + " often than the SLM is worth its price.");

    private static final Knob<Workload, Unhelped> WHEN_REMOTE_FAILS = Knob.of(
            "when-remote-fails",
            Kinds.choice(Unhelped.class),
            Unhelped.REFUSE,
            w -> w.unhelped().whenRemoteFails(),
            "What happens when no LLM of the chain answers: `refuse`, or `answer-locally` up to `answer-locally-up-to`, else"
                    + " refuse.");

    private static final Knob<Workload, SideEffect> ANSWER_LOCALLY_UP_TO = Knob.of(
            "answer-locally-up-to",
            Kinds.choice(SideEffect.class),
            SideEffect.READ,
            w -> w.unhelped().answerLocallyUpTo(),
            "Heaviest effect of a local answer that `answer-locally` takes without the evidence for it, here and under"
                    + " `budgets`. A reply is lighter than all of them.");

    private static final Knob<Workload, Double> AUDIT_RATE = Knob.optional(
            "audit-rate",
            Kinds.number(0, 1),
            Workload::auditRate,
            "Share of this workload's accepted answers that are audited, in place of `audit.rate`.");

    static final Shape<Workload> WORKLOAD = Shape.of(
            """
            A list; the first workload that matches a query decides, and the last one must match everything. Privacy alone goes \
            by the strictest `egress` of all that match, whatever their order. A workload that can never be reached is an error.""",
            v -> new Workload(
                    v.get(NAME),
                    v.get(MATCHES),
                    v.get(THEN),
                    v.get(MODE),
                    new Demand(v.get(TARGET_RISK), v.get(RISK_KIND), v.get(UNCALIBRATED), v.find(MIN_PROBABILITY)),
                    v.get(EGRESS),
                    new Thinking(v.get(THINKING), v.get(MAX_THINK_TOKENS)),
                    v.get(TOOL_LOOPS),
                    new UnhelpedBy(
                            v.get(WHEN_LLM_FAILS_TOO),
                            v.get(WHEN_REMOTE_FAILS),
                            v.get(ANSWER_LOCALLY_UP_TO),
                            v.get(ANSWER_VALUE_USD)),
                    v.find(AUDIT_RATE)),
            NAME,
            MATCHES,
            THEN,
            MODE,
            TARGET_RISK,
            RISK_KIND,
            UNCALIBRATED,
            MIN_PROBABILITY,
            EGRESS,
            THINKING,
            MAX_THINK_TOKENS,
            TOOL_LOOPS,
            WHEN_LLM_FAILS_TOO,
            WHEN_REMOTE_FAILS,
            ANSWER_LOCALLY_UP_TO,
            ANSWER_VALUE_USD,
            AUDIT_RATE);

    private WorkloadKnobs() {}

    /** Workloads in order, each of which some query can reach. */
    static Kind<List<Workload>> workloads() {
        Kind<List<Workload>> plain = Kinds.sections(WORKLOAD, Workload::name);
        return new ReachableWorkloads(plain);
    }
}
