package dev.outrider.evals.run;

import dev.langchain4j.model.chat.ChatModel;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.remote.RemoteModels;

/** The real cascade around a scripted SLM and the simulated LLM, for tests. */
public final class Runs {

    private Runs() {}

    public static ChatModel cascade(ChatModel local, @Nullable SimulatedLlm llm) {
        return cascade(local, llm, new InMemoryLedger());
    }

    public static ChatModel cascade(ChatModel local, @Nullable SimulatedLlm llm, Ledger ledger) {
        return cascade(local, llm, ledger, PolicyInForce.of(policy()));
    }

    public static ChatModel cascade(ChatModel local, @Nullable SimulatedLlm llm, Ledger ledger, PolicyInForce force) {
        Policy policy = force.policy();
        return CascadeChatModel.builder()
                .local(local)
                .remote(llm == null ? null : RemoteModels.openAiCompatible(llm.baseUrl().toString(), null, SimulatedLlm.MODEL, policy.resilience().timeout()))
                .policy(PolicySource.of(force))
                .ledger(ledger)
                .build();
    }

    /** Typed thresholds: no calibration holds for a scripted model. No audits: who is drawn is chance, and tests count what the LLM was asked. */
    public static Policy policy() {
        return Policy.parse("test.yaml", """
                version: test
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                workloads:
                  - {name: money, match: {effect: money}, uncalibrated: threshold, min-probability: 0.97}
                  - {name: write, match: {effect: write}, uncalibrated: threshold, min-probability: 0.90}
                  - {name: read, uncalibrated: threshold, min-probability: 0.80}
                budgets:
                  - {name: day, limit: 5.00, per: 1d, on-exhausted: answer-locally}
                audit: {rate: 0}
                """);
    }

    public static RunInfo info(String title, SimulatedLlmBehaviour behaviour) {
        return new RunInfo(title, RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.simulated(behaviour), policy(), 1);
    }
}
