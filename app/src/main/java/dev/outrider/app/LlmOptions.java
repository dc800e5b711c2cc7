package dev.outrider.app;

import dev.langchain4j.model.chat.ChatModel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.router.Policy;
import dev.outrider.router.remote.RemoteModels;

/** Who answers what the small model is not sure of: the configured LLM, or the built-in simulated one and its moods. */
final class LlmOptions {

    @Option(
            names = "--llm-simulated",
            description = "Use the built-in simulated LLM even if OUTRIDER_LLM_URL names a real one.")
    private boolean simulated;

    @Option(names = "--local-only", description = "Ask no LLM at all: what the small model is not sure of is refused.")
    private boolean localOnly;

    @Option(
            names = "--llm-slow",
            paramLabel = "MS",
            description = "The simulated LLM waits so many milliseconds before it answers.")
    private long slowMillis;

    @Option(
            names = "--llm-fails",
            paramLabel = "SHARE",
            description = "The simulated LLM answers this share (0 to 1) of the requests with an error.")
    private double fails;

    @Option(
            names = "--llm-status",
            paramLabel = "CODE",
            description = "The HTTP status of these errors. Default: ${DEFAULT-VALUE}.")
    private int status = 500;

    @Option(names = "--llm-wrong", paramLabel = "SHARE", description = "The simulated LLM answers this share wrongly.")
    private double wrong;

    @Option(names = "--llm-garbage", paramLabel = "SHARE", description = "The simulated LLM answers this share with garbage.")
    private double garbage;

    @Option(names = "--llm-drops", paramLabel = "SHARE", description = "The simulated LLM hangs up on this share.")
    private double drops;

    /**
     * Gets the LLM ready.
     *
     * @param environment where a real one may be named
     * @param cases whose recorded answers a simulated one serves
     * @param seed of the simulated one's chance
     */
    Llm start(Map<String, String> environment, Policy policy, List<EvalCase> cases, long seed) {
        if (localOnly) {
            return new Llm(null, RunInfo.Llm.none(), null);
        }
        Optional<ChatModel> real = simulated ? Optional.empty() : RemoteModels.fromEnvironment(environment, policy);
        if (real.isPresent()) {
            if (moody()) {
                throw CliException.badInput("--llm-slow, --llm-fails, --llm-wrong, --llm-garbage and --llm-drops are moods of the"
                        + " simulated LLM, but " + RemoteModels.URL + " names a real one: add --llm-simulated, or unset it");
            }
            return new Llm(real.get(), RunInfo.Llm.real(environment.getOrDefault(RemoteModels.MODEL, "").strip()), null);
        }
        SimulatedLlmBehaviour behaviour = SimulatedLlmBehaviour.builder()
                .latency(Duration.ofMillis(slowMillis))
                .failRate(fails)
                .failStatus(status)
                .wrongRate(wrong)
                .garbageRate(garbage)
                .dropRate(drops)
                .seed(seed)
                .build();
        try {
            SimulatedLlm server = SimulatedLlm.start(cases, behaviour);
            ChatModel model =
                    RemoteModels.openAiCompatible(server.baseUrl().toString(), null, SimulatedLlm.MODEL, policy);
            return new Llm(model, RunInfo.Llm.simulated(behaviour), server);
        } catch (IOException e) {
            throw CliException.failed("the simulated LLM cannot listen on the loopback address: " + e.getMessage());
        }
    }

    private boolean moody() {
        return slowMillis != 0 || fails != 0 || wrong != 0 || garbage != 0 || drops != 0;
    }

    /**
     * An LLM that is ready.
     *
     * @param model asked over HTTP; null for none
     * @param info what reports say about it
     * @param server the simulated LLM's own server, closed with this
     */
    record Llm(@Nullable ChatModel model, RunInfo.Llm info, @Nullable SimulatedLlm server) implements AutoCloseable {

        /** One sentence for the person at the terminal. */
        String sentence() {
            if (model == null) {
                return "no LLM; what the small model is not sure of is refused";
            }
            return server == null
                    ? "the LLM is " + info.name()
                    : "the LLM is SIMULATED: a server on " + server.baseUrl().getAuthority()
                            + " that answers from the suite's recorded answers";
        }

        @Override
        public void close() {
            if (server != null) {
                server.close();
            }
        }
    }
}
