package dev.outrider.router.policy;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.audit.AuditSettings;
import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.budget.ThinkingCreditSettings;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.LedgerSettings;
import dev.outrider.router.privacy.RedactionSettings;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.ResilienceSettings;
import dev.outrider.tools.SideEffect;

/**
 * How the cascade decides: read from one YAML file, documented key by key in {@code docs/policy.md}. A component named
 * {@code unlistedTools} is the key {@code unlisted-tools}.
 *
 * @param version name of this policy, written into every ledger record
 * @param models prices of the two tiers
 * @param calibration file of the calibration table, or {@link #BUILT_IN}; null for none
 * @param unlistedTools the effect that is assumed of a tool that the tool catalogue does not know
 * @param workloads kinds of work; the first one that matches decides, and the last one matches everything
 * @param budgets limits on money, tokens and time
 * @param thinkingCredits credits that workloads with {@code thinking: auto} think on; null for no such limit
 * @param resilience patience with the LLMs
 * @param redaction what is replaced before a query leaves whose workload wants that
 * @param audit shadow audits of accepted answers
 * @param ledger how decisions are written down
 */
public record Policy(
        String version,
        Models models,
        @Nullable String calibration,
        SideEffect unlistedTools,
        List<Workload> workloads,
        List<BudgetRule> budgets,
        @Nullable ThinkingCreditSettings thinkingCredits,
        ResilienceSettings resilience,
        RedactionSettings redaction,
        AuditSettings audit,
        LedgerSettings ledger) {

    /** In place of a file: the calibration table that ships with the embedded model. */
    public static final String BUILT_IN = "built-in";

    private static final String DEFAULT = "default-policy.yaml";

    public Policy {
        check(!version.isBlank(), "version", "must not be blank; name the policy, for example shop-1");
        workloads = List.copyOf(workloads);
        budgets = List.copyOf(budgets);
        ReachableWorkloads.flawIn(workloads).ifPresent(flaw -> check(
                false, "workloads", (flaw.index() < 0 ? "" : "[" + flaw.index() + "] ") + flaw.what()));
    }

    /**
     * Reads a policy file.
     *
     * @throws PolicyException in one line with file, line and column, when the file cannot be read, has an unknown key,
     *     an impossible value or lacks a price
     */
    public static Policy load(Path file) {
        return PolicyReader.read(file);
    }

    /**
     * Reads a policy from a text.
     *
     * @param name what errors call it
     * @throws PolicyException as {@link #load}
     */
    public static Policy parse(String name, String yaml) {
        return PolicyReader.read(name, yaml);
    }

    /** The policy that is built in: the resource {@code default-policy.yaml} beside this class. */
    public static Policy defaults() {
        try (InputStream in = Objects.requireNonNull(Policy.class.getResourceAsStream(DEFAULT), DEFAULT)) {
            return PolicyReader.read(DEFAULT, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new PolicyException(DEFAULT, 0, 0, "cannot be read: " + OneLine.of(e));
        }
    }

    /** The same policy with these budgets. */
    public Policy withBudgets(List<BudgetRule> others) {
        return new Policy(
                version, models, calibration, unlistedTools, workloads, others, thinkingCredits, resilience, redaction, audit, ledger);
    }

    /** The file that would make this policy, with every default spelled out. */
    public String toYaml() {
        return PolicyWriter.write(this);
    }

    /**
     * Prices of the two tiers.
     *
     * @param local the SLM
     * @param remote the LLM, or a chain of them in the order in which they are asked; at least one
     */
    public record Models(LocalModel local, List<RemoteModelSettings> remote) {

        public Models {
            remote = List.copyOf(remote);
            check(!remote.isEmpty(), "remote", "must name at least one");
        }
    }

    /**
     * The SLM. It is never free: a tier that costs nothing makes every comparison of costs meaningless.
     *
     * @param usdPerHour what an hour of the machine costs while the SLM uses it, in dollars
     * @param server where the SLM is, when it is not in this process; null when it is
     */
    public record LocalModel(BigDecimal usdPerHour, @Nullable LocalServerSettings server) {

        public LocalModel {
            check(usdPerHour.signum() > 0, "usd-per-hour", "must be more than 0: what does an hour of this machine cost?");
        }
    }
}
