package dev.outrider.evals.run;

import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.router.policy.Policy;

/**
 * The circumstances of a run, for the head of its report.
 *
 * @param title what was run, for example {@code desk}
 * @param mode recorded conversations or live agent runs
 * @param localModel the SLM's name
 * @param llm who answered escalated queries
 * @param policy the policy: its version, and the prices that money is reckoned with
 * @param seed of everything that is drawn by chance
 */
public record RunInfo(String title, Mode mode, String localModel, Llm llm, Policy policy, long seed) {

    /** What the unit of a run is. */
    public enum Mode {
        /** Every case by itself, on its recorded conversation. */
        SUITE,
        /** Whole tasks, live, on a real desk. */
        TASKS
    }

    /**
     * Who answers what the SLM is not sure of.
     *
     * @param name model name; {@code none} where nothing is configured
     * @param simulation how the simulated LLM behaves; null for a real one
     * @param replayedFrom the file of a real one's recorded answers; null when it is asked live
     */
    public record Llm(String name, @Nullable SimulatedLlmBehaviour simulation, @Nullable String replayedFrom) {

        /** Recorded gold answers stand in for an LLM. */
        public static Llm simulated(SimulatedLlmBehaviour behaviour) {
            return new Llm("simulated", behaviour, null);
        }

        /** A real LLM. */
        public static Llm real(String model) {
            return new Llm(model, null, null);
        }

        /** Recorded answers of a real LLM. */
        public static Llm replayed(String model, String file) {
            return new Llm(model, null, file);
        }

        /** No LLM: what the SLM is not sure of is refused. */
        public static Llm none() {
            return new Llm("none", null, null);
        }

        public boolean isSimulated() {
            return simulation != null;
        }
    }
}
