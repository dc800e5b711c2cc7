package dev.outrider.router;

import dev.langchain4j.model.chat.ChatModel;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.Budgets;
import dev.outrider.router.budget.ThinkingCreditSettings;
import dev.outrider.router.budget.ThinkingCredits;
import dev.outrider.router.events.RoutingEvent;
import dev.outrider.router.events.RoutingListener;
import dev.outrider.router.events.RoutingListeners;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyException;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.policy.WorkloadBook;
import dev.outrider.router.privacy.EgressGate;
import dev.outrider.router.privacy.Redactor;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.ResilienceSettings;
import dev.outrider.tools.ToolCatalogue;

/**
 * Makes the plan of the policy that holds, once per policy. What does not depend on what changed stays: the accounts of
 * the budgets always, the breakers of the LLMs when models and patience are the same, thinking credits when their
 * settings are. A new policy that cannot be made a plan of is left aside, with one line in the log, and the old one goes
 * on. Safe for many threads.
 */
final class CascadePlanner {

    private static final Logger LOG = LoggerFactory.getLogger(CascadePlanner.class);

    /**
     * What every plan shares.
     *
     * @param local the SLM
     * @param remotes the LLMs that a policy names; empty when there are none
     * @param redactor replaces what must not leave; null for the one that the policy describes
     */
    record Parts(
            ChatModel local,
            Function<Policy, Optional<RemoteChain>> remotes,
            @Nullable ToolCatalogue catalogue,
            @Nullable Redactor redactor,
            Ledger ledger,
            BudgetStore store,
            ShadowAudits audits,
            RoutingListeners events,
            InstantSource clock,
            LongSupplier nanos) {}

    /** A chain and what it was made of. */
    private record Chained(
            List<RemoteModelSettings> models, ResilienceSettings patience, Optional<RemoteChain> chain) {}

    private final PolicySource source;
    private final Parts parts;
    private volatile Made made;
    private volatile Chained chained;
    private volatile @Nullable PolicyException told;
    private @Nullable PolicyInForce unusable;

    /** A plan and the policy that it was made of. */
    private record Made(PolicyInForce policy, CascadePlan plan) {}

    CascadePlanner(PolicySource source, Parts parts) {
        this.source = source;
        this.parts = parts;
        PolicyInForce first = source.current();
        this.chained = chain(first.policy());
        this.made = new Made(first, plan(first, null));
    }

    /** The plan of the policy that holds now. */
    CascadePlan current() {
        PolicyInForce now = source.current();
        PolicyException fault = source.fault().orElse(null);
        if (fault != told) {
            tell(fault);
        }
        Made known = made;
        return known.policy() == now ? known.plan() : replace(now);
    }

    /** The LLMs of the policy that holds now; empty when there are none. */
    Optional<RemoteChain> chain() {
        current();
        return chained.chain();
    }

    private synchronized CascadePlan replace(PolicyInForce now) {
        if (made.policy() == now || unusable == now) {
            return made.plan();
        }
        try {
            Policy policy = now.policy();
            boolean same = chained.models().equals(policy.models().remote())
                    && chained.patience().equals(policy.resilience());
            if (!same) {
                chained = chain(policy);
            }
            String before = made.plan().policy().version();
            made = new Made(now, plan(now, made.plan()));
            parts.events()
                    .tell(RoutingListener::onPolicyReloaded, new RoutingEvent.PolicyReloaded(
                            parts.clock().instant(), before, policy.version(), null));
        } catch (RuntimeException e) {
            unusable = now;
            LOG.warn(
                    "policy {} cannot be used, and {} goes on to hold: {}",
                    now.policy().version(),
                    made.plan().policy().version(),
                    OneLine.of(e));
            String before = made.plan().policy().version();
            parts.events()
                    .tell(RoutingListener::onPolicyReloaded, new RoutingEvent.PolicyReloaded(
                            parts.clock().instant(), before, before, OneLine.of(e)));
        }
        return made.plan();
    }

    /** Says once that a changed policy cannot even be read, and that the old one holds on. */
    private synchronized void tell(@Nullable PolicyException fault) {
        if (fault == told) {
            return;
        }
        told = fault;
        if (fault != null) {
            String holds = made.plan().policy().version();
            parts.events()
                    .tell(RoutingListener::onPolicyReloaded, new RoutingEvent.PolicyReloaded(
                            parts.clock().instant(), holds, holds, OneLine.of(fault)));
        }
    }

    private Chained chain(Policy policy) {
        return new Chained(policy.models().remote(), policy.resilience(), parts.remotes().apply(policy));
    }

    private CascadePlan plan(PolicyInForce now, @Nullable CascadePlan before) {
        Policy policy = now.policy();
        AnswerCheck check = new AnswerCheck(parts.catalogue(), policy.unlistedTools());
        Redactor redactor = redactor(policy, before);
        RemoteTier remote = chained.chain()
                .map(chain -> new EgressGate(chain, redactor))
                .map(gate -> new RemoteTier(gate, policy, check, parts.ledger(), parts.clock(), parts.nanos()))
                .orElse(null);
        return new CascadePlan(
                policy,
                new WorkloadBook(policy.workloads()),
                check,
                new LocalTier(parts.local(), check, parts.nanos()),
                remote,
                new EvidenceJudge(now.calibration(), parts.audits()),
                new Budgets(policy.budgets(), parts.store(), parts.clock()),
                credits(policy, before),
                redactor,
                parts.clock());
    }

    private Redactor redactor(Policy policy, @Nullable CascadePlan before) {
        if (parts.redactor() != null) {
            return parts.redactor();
        }
        return before != null && before.policy().redaction().equals(policy.redaction())
                ? before.redactor()
                : Redactor.of(policy.redaction());
    }

    private @Nullable ThinkingCredits credits(Policy policy, @Nullable CascadePlan before) {
        ThinkingCreditSettings settings = policy.thinkingCredits();
        if (before != null && Objects.equals(settings, before.policy().thinkingCredits())) {
            return before.thinking();
        }
        return settings == null ? null : new ThinkingCredits(settings, parts.clock());
    }
}
