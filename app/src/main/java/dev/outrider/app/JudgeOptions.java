package dev.outrider.app;

import dev.langchain4j.model.chat.ChatModel;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.evals.run.JudgeBooks;
import dev.outrider.evals.run.PaidJudge;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.RemoteModels;

/** Which LLM judges the replies that no rule can judge. */
final class JudgeOptions {

    /** Environment variable with the judge's key. */
    static final String KEY = "OUTRIDER_JUDGE_KEY";

    @Option(
            names = "--judge",
            paramLabel = "MODEL",
            description = "The LLM that judges cases which say match llm-judge: asked twice for a reply, in both orders, not told which is the"
                    + " reference. Request, reference and reply are sent to it, whatever the policy's egress says.")
    private @Nullable String model;

    @Option(
            names = "--judge-url",
            paramLabel = "URL",
            description = "The OpenAI-compatible endpoint of the judge; its key is in OUTRIDER_JUDGE_KEY. Default: OUTRIDER_LLM_URL with"
                    + " OUTRIDER_LLM_KEY.")
    private @Nullable String url;

    @Option(
            names = "--judge-price",
            paramLabel = "IN,OUT",
            description = "What a million prompt tokens and a million answer tokens of the judge cost, in dollars, like 2.50,10. Its money is"
                    + " counted apart and is under --max-usd. Needed unless the judge is the model that OUTRIDER_LLM_MODEL names.")
    private @Nullable String price;

    /** Whether a judge is wanted by these cases; its name for the run's identity, or empty. */
    String name(List<EvalCase> cases) {
        return model != null && cases.stream().anyMatch(EvalCase::wantsJudge) ? model : "";
    }

    /**
     * Checks everything before anything runs.
     *
     * @throws CliException in one line when cases want a judge and none is named, or what is named cannot be used
     */
    void check(List<EvalCase> cases, Map<String, String> environment, Policy policy) {
        List<EvalCase> judged = cases.stream().filter(EvalCase::wantsJudge).toList();
        if (judged.isEmpty()) {
            return;
        }
        if (model == null) {
            throw CliException.badInput(judged.getFirst().origin() + ": " + judged.size() + " case(s) say match llm-judge, and no judge is"
                    + " named: name an LLM with --judge MODEL (and --judge-url, --judge-price), or leave the cases out");
        }
        judge(environment, policy, JudgeBooks.inMemory());
    }

    /** The judge; null where none is named. */
    @Nullable PaidJudge judge(Map<String, String> environment, Policy policy, JudgeBooks books) {
        if (model == null) {
            return null;
        }
        String llmUrl = environment.getOrDefault(RemoteModels.URL, "").strip();
        String at = url == null ? llmUrl : url.strip();
        if (at.isEmpty()) {
            throw CliException.badInput("--judge " + model + " is at no endpoint: give --judge-url, or set " + RemoteModels.URL);
        }
        boolean sameServer = at.equals(llmUrl);
        String keyVariable = sameServer && !environment.containsKey(KEY) ? RemoteModels.KEY : KEY;
        String key = environment.getOrDefault(keyVariable, "").strip();
        RemoteModelSettings settings =
                settings(model, policy, sameServer && model.equals(environment.getOrDefault(RemoteModels.MODEL, "").strip()));
        Duration timeout = policy.resilience().timeout();
        try {
            ChatModel client = RemoteModels.openAiCompatible(
                    at, key.isEmpty() ? null : key, model, timeout, url == null ? RemoteModels.URL : "--judge-url", keyVariable);
            return PaidJudge.of(model, client, settings, timeout, books);
        } catch (RemoteException e) {
            throw CliException.badInput(String.valueOf(e.getMessage()));
        }
    }

    private RemoteModelSettings settings(String name, Policy policy, boolean theLlmItself) {
        if (price == null) {
            if (!theLlmItself) {
                throw CliException.badInput("--judge " + name + " has no price: give --judge-price IN,OUT in dollars per million tokens; an"
                        + " unknown price is no reason to spend");
            }
            RemoteModelSettings llm = policy.models().remote().getFirst();
            return RemoteModelSettings.priced(
                    name, llm.usdPerMillionInputTokens(), llm.usdPerMillionOutputTokens(), llm.maxOutputTokens());
        }
        String[] parts = price.split(",", -1);
        try {
            if (parts.length == 2) {
                BigDecimal in = new BigDecimal(parts[0].strip());
                BigDecimal out = new BigDecimal(parts[1].strip());
                return RemoteModelSettings.priced(name, in, out, RemoteModelSettings.MAX_OUTPUT_TOKENS);
            }
        } catch (IllegalArgumentException e) {
            // said below: no number, or none above 0
        }
        throw CliException.badInput("--judge-price must be two amounts above 0, dollars per million prompt and answer tokens like 2.50,10, but"
                + " is " + price);
    }
}
