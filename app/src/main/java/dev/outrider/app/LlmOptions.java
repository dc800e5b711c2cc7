package dev.outrider.app;

import dev.langchain4j.model.chat.ChatModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.evals.llm.RecordedLlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.RemoteChain;
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

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "Keep every answer of the LLM that OUTRIDER_LLM_URL names in this file, and ask for none that it holds already.")
    private @Nullable Path record;

    @Option(
            names = "--replay",
            paramLabel = "FILE",
            description = "Take the LLM's answers from a file that --record made; nobody is asked, nothing is paid.")
    private @Nullable Path replay;

    /**
     * Gets the LLM ready.
     *
     * @param environment where a real one may be named
     * @param cases whose recorded answers a simulated one serves
     * @param seed of the simulated one's chance
     */
    Llm start(Map<String, String> environment, Policy policy, List<EvalCase> cases, long seed) {
        if (localOnly) {
            return new Llm(
                    any -> Optional.empty(), RunInfo.Llm.none(), () -> {}, true, "none");
        }
        if (replay != null || record != null) {
            return recorded(environment, policy);
        }
        Optional<RemoteChain> real = simulated ? Optional.empty() : named(environment, policy);
        if (real.isPresent()) {
            if (moody()) {
                throw CliException.badInput("--llm-slow, --llm-fails, --llm-wrong, --llm-garbage and --llm-drops are moods of the"
                        + " simulated LLM, but " + RemoteModels.URL + " names a real one: add --llm-simulated, or unset it");
            }
            String name = nameOf(environment, real.get());
            return new Llm(any -> named(environment, any), RunInfo.Llm.real(name), () -> {}, false, name);
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
            return new Llm(
                    any -> Optional.of(at(server.baseUrl().toString(), SimulatedLlm.MODEL, any)), RunInfo.Llm.simulated(behaviour),
                    server::close, true, "SIMULATED: a server on " + server.baseUrl().getAuthority()
                            + " that answers from the suite's recorded answers");
        } catch (IOException e) {
            throw CliException.failed("the simulated LLM cannot listen on the loopback address: " + e.getMessage());
        }
    }

    private Llm recorded(Map<String, String> environment, Policy policy) {
        if (simulated || moody() || (replay != null && record != null)) {
            throw CliException.badInput("--record and --replay are about a real LLM and exclude each other, --llm-simulated and its moods");
        }
        if (policy.models().remote().size() > 1 || policy.models().remote().getFirst().url() != null) {
            throw CliException.badInput("--record and --replay know one LLM, the one that " + RemoteModels.URL
                    + " names, but the policy names others: give a policy whose models.remote has no url");
        }
        try {
            RecordedLlm server = replay != null ? RecordedLlm.replay(replay) : recording(environment, policy);
            RunInfo.Llm info = replay != null
                    ? RunInfo.Llm.replayed(server.model(), String.valueOf(replay.getFileName()))
                    : RunInfo.Llm.real(server.model());
            return new Llm(
                    any -> Optional.of(at(server.baseUrl().toString(), server.model(), any)), info, server::close, replay != null,
                    replay != null ? "answers of " + server.model() + " REPLAYED from " + replay
                            : server.model() + ", recorded in " + record);
        } catch (IOException e) {
            throw CliException.failed("the recorded LLM cannot listen on the loopback address: " + e.getMessage());
        }
    }

    private RecordedLlm recording(Map<String, String> environment, Policy policy) throws IOException {
        // the same checks as without a recording
        if (record == null || named(environment, policy).isEmpty()) {
            throw CliException.badInput("--record needs a real LLM: set " + RemoteModels.URL + " and " + RemoteModels.MODEL);
        }
        String url = environment.getOrDefault(RemoteModels.URL, "").strip().replaceFirst("/+$", "").replaceFirst("/chat/completions$", "");
        String key = environment.getOrDefault(RemoteModels.KEY, "").strip();
        return RecordedLlm.record(record, new RecordedLlm.Upstream(
                URI.create(url), key.isEmpty() ? null : key, environment.getOrDefault(RemoteModels.MODEL, "").strip(),
                policy.resilience().timeout()));
    }

    private static Optional<RemoteChain> named(Map<String, String> environment, Policy policy) {
        return RemoteModels.chain(policy.models().remote(), policy.resilience(), environment);
    }

    /** What reports call it: the model that the environment names, or the policy's names of the chain. */
    private static String nameOf(Map<String, String> environment, RemoteChain chain) {
        String named = environment.getOrDefault(RemoteModels.MODEL, "").strip();
        return named.isEmpty() || chain.names().size() > 1 ? String.join(", ", chain.names()) : named;
    }

    private static RemoteChain at(String url, String model, Policy policy) {
        ChatModel client = RemoteModels.openAiCompatible(url, null, model, policy.resilience().timeout());
        return RemoteChain.of(policy.models().remote().getFirst(), client, policy.resilience());
    }

    private boolean moody() {
        return slowMillis != 0 || fails != 0 || wrong != 0 || garbage != 0 || drops != 0;
    }

    /**
     * An LLM that is ready.
     *
     * @param remotes the chain that a policy makes of it; asked over HTTP, empty for none
     * @param info what reports say about it
     * @param end closes the server of our own behind it
     * @param free whether asking it costs nothing, so that a query may be asked twice
     * @param inWords what it is, for the person at the terminal
     */
    record Llm(
            Function<Policy, Optional<RemoteChain>> remotes, RunInfo.Llm info, Runnable end, boolean free, String inWords)
            implements AutoCloseable {

        /** One sentence for the person at the terminal. */
        String sentence() {
            return info.equals(RunInfo.Llm.none()) ? "no LLM; what the small model is not sure of is refused" : "the LLM is " + inWords;
        }

        @Override
        public void close() {
            end.run();
        }
    }
}
