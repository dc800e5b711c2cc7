package dev.outrider.router.policy;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.audit.AuditSettings;
import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.budget.ThinkingCreditSettings;
import dev.outrider.router.ledger.LedgerSettings;
import dev.outrider.router.policy.Policy.Models;
import dev.outrider.router.privacy.RedactionSettings;
import dev.outrider.router.remote.ResilienceSettings;
import dev.outrider.tools.SideEffect;

/** The policy file as a whole. */
final class PolicyKnobs {

    private static final Knob<LedgerSettings, Boolean> FSYNC = Knob.of(
            "fsync",
            Kinds.flag(),
            LedgerSettings.DEFAULTS.fsync(),
            LedgerSettings::fsync,
            "Whether every entry is forced to the disk before an answer leaves. Without it a power cut may lose the last ones; a"
                    + " killed process loses none.");

    private static final Knob<LedgerSettings, Boolean> KEEP_ANSWERS = Knob.of(
            "keep-answers",
            Kinds.flag(),
            LedgerSettings.DEFAULTS.keepAnswers(),
            LedgerSettings::keepAnswers,
            "Whether records hold what the models answered.");

    private static final Shape<LedgerSettings> LEDGER = Shape.of(
            "How decisions are written down. The ledger's own form is described in [ledger.md](ledger.md).",
            v -> new LedgerSettings(v.get(FSYNC), v.get(KEEP_ANSWERS)),
            FSYNC,
            KEEP_ANSWERS);

    private static final Knob<AuditSettings, Double> RATE = Knob.of(
            "rate",
            Kinds.number(0, 1),
            AuditSettings.DEFAULT.rate(),
            AuditSettings::rate,
            "Share of the accepted answers that the LLM is asked for too, off the caller's path. A workload's `audit-rate`"
                    + " overrides it.");

    private static final Knob<AuditSettings, Double> FALSE_ALARM = Knob.of(
            "false-alarm",
            Kinds.share(),
            AuditSettings.DEFAULT.falseAlarm(),
            AuditSettings::falseAlarm,
            "Probability with which a bound that holds may ever be suspended by mistake. Holds from the start of the process.");

    private static final Knob<AuditSettings, Double> LLM_ERROR = Knob.of(
            "llm-error",
            Kinds.number(0, 0.999),
            AuditSettings.DEFAULT.llmError(),
            AuditSettings::llmError,
            "Share of the LLM's own answers that may be wrong: so much disagreement is no sign of drift. Holds from the start of"
                    + " the process.");

    private static final Shape<AuditSettings> AUDIT = Shape.of(
            """
            Chance draws some of the accepted answers; the LLM is asked the same, as far as the query may leave and the budgets \
            reach, and the two are compared. The draw's probability stands in the ledger, so that the share of right answers \
            can be estimated without bias. When disagreement shows that a workload no longer keeps the risk that its calibration \
            promised, its bound is suspended: nothing more is accepted on it until it is fitted again.""",
            v -> new AuditSettings(v.get(RATE), v.get(FALSE_ALARM), v.get(LLM_ERROR)),
            RATE,
            FALSE_ALARM,
            LLM_ERROR);

    private static final Knob<ThinkingCreditSettings, Integer> CAPACITY = Knob.required(
            "capacity",
            Kinds.integer(1, (int) ThinkingCreditSettings.MOST),
            settings -> (int) settings.capacity(),
            "Most tokens of thought that are kept; they are all there in the beginning.");

    private static final Knob<ThinkingCreditSettings, BigDecimal> REFILL = Knob.required(
            "refill-per-second",
            Kinds.zeroOrMore(),
            ThinkingCreditSettings::refillPerSecond,
            "Tokens of thought that come in every second.");

    private static final Shape<ThinkingCreditSettings> THINKING_CREDITS = Shape.of(
            """
            Tokens of thought that come in over time, like the CPU credits of a burstable machine: who thinks seldom may think \
            long. Workloads with `thinking: auto` think on them. They are kept in the process; for a limit that many processes \
            share, use a budget of `thinking-tokens`.""",
            v -> new ThinkingCreditSettings(v.get(CAPACITY), v.get(REFILL)),
            CAPACITY,
            REFILL);

    private static final Knob<RedactionSettings, List<String>> PHONE_REGIONS = Knob.of(
            "phone-regions",
            Kinds.listOf(Kinds.text()),
            RedactionSettings.DEFAULTS.phoneRegions(),
            RedactionSettings::phoneRegions,
            "Countries (ISO 3166, two capitals) whose national telephone numbers are replaced; international ones always are.");

    private static final Shape<RedactionSettings> REDACTION = Shape.of(
            """
            What is replaced by placeholders before a query of `egress: redacted` leaves, and in its record: e-mail addresses, \
            telephone, card and account numbers, and the names that the caller gives. [privacy.md](privacy.md) says how they are \
            found.""",
            v -> new RedactionSettings(v.get(PHONE_REGIONS)),
            PHONE_REGIONS);

    private static final Knob<Policy, String> VERSION = Knob.required(
            "version",
            Kinds.text(),
            Policy::version,
            "Name of this policy. Every ledger record carries it, so that decisions can be told apart after a change.");

    private static final Knob<Policy, Models> MODELS = Knob.required(
            "models", Kinds.section(ModelKnobs.MODELS), Policy::models, "The two tiers and their prices.");

    private static final Knob<Policy, String> CALIBRATION = Knob.optional(
            "calibration",
            Kinds.text(),
            Policy::calibration,
            "File of the calibration table that `outrider calibrate` wrote, seen from the policy's folder, or `"
                    + Policy.BUILT_IN + "` for the one that ships with the embedded model. Without it no workload is calibrated.");

    private static final Knob<Policy, SideEffect> UNLISTED_TOOLS = Knob.of(
            "unlisted-tools",
            Kinds.choice(SideEffect.class),
            SideEffect.MONEY,
            Policy::unlistedTools,
            "The effect assumed of a tool that the tool catalogue does not know.");

    private static final Knob<Policy, List<Workload>> WORKLOADS =
            Knob.required("workloads", WorkloadKnobs.workloads(), Policy::workloads, "Kinds of work and what they demand.");

    private static final Knob<Policy, List<BudgetRule>> BUDGETS = Knob.of(
            "budgets",
            Kinds.sections(BudgetKnobs.BUDGET, BudgetRule::name),
            List.of(),
            Policy::budgets,
            "Limits on money, tokens and time. Without any, nothing is limited.");

    private static final Knob<Policy, ResilienceSettings> RESILIENCE = Knob.section(
            "resilience", ResilienceKnobs.RESILIENCE, Policy::resilience, "Patience with the LLMs.");

    private static final Knob<Policy, ThinkingCreditSettings> CREDITS = Knob.optional(
            "thinking-credits",
            Kinds.section(THINKING_CREDITS),
            Policy::thinkingCredits,
            "Tokens of thought that come in over time. Without the section, `thinking: auto` is as good as `on`.");

    private static final Knob<Policy, RedactionSettings> REDACTIONS = Knob.section(
            "redaction", REDACTION, Policy::redaction, "What `egress: redacted` replaces.");

    private static final Knob<Policy, AuditSettings> AUDITS =
            Knob.section("audit", AUDIT, Policy::audit, "Audits of accepted answers.");

    private static final Knob<Policy, LedgerSettings> LEDGERS =
            Knob.section("ledger", LEDGER, Policy::ledger, "How decisions are written down.");

    static final Shape<Policy> POLICY = Shape.of(
            """
            An answer has the right form when its calls name offered tools with arguments that fit their JSON Schema, when no \
            call that changes something is made twice with the same arguments, when no call leaked into its text, and when it is \
            what the request asks for (a call where one is required, JSON where JSON is). An answer of the wrong form is sent back to the SLM once, with what is wrong. Only an answer of the right form \
            has its evidence weighed: the calibration table of its workload makes a probability of being right of it, which must \
            reach the table's threshold. An answer without evidence is not taken.""",
            v -> new Policy(
                    v.get(VERSION),
                    v.get(MODELS),
                    v.find(CALIBRATION),
                    v.get(UNLISTED_TOOLS),
                    v.get(WORKLOADS),
                    v.get(BUDGETS),
                    v.find(CREDITS),
                    v.get(RESILIENCE),
                    v.get(REDACTIONS),
                    v.get(AUDITS),
                    v.get(LEDGERS)),
            VERSION,
            MODELS,
            CALIBRATION,
            UNLISTED_TOOLS,
            WORKLOADS,
            BUDGETS,
            CREDITS,
            RESILIENCE,
            REDACTIONS,
            AUDITS,
            LEDGERS);

    private PolicyKnobs() {}

    /** Where a key belongs that stands somewhere else; null when no section knows it. */
    static @Nullable String pathOf(String key) {
        return pathOf(key, "", POLICY);
    }

    private static @Nullable String pathOf(String key, String path, Shape<?> shape) {
        for (Knob<?, ?> knob : shape.knobs()) {
            String inner = path.isEmpty() ? knob.key() : path + "." + knob.key();
            if (knob.key().equals(key)) {
                return inner;
            }
            Shape<?> inside = knob.kind().inside();
            String found = inside == null ? null : pathOf(key, inner, inside);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
