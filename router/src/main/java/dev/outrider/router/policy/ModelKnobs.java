package dev.outrider.router.policy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;

import dev.outrider.router.policy.Policy.LocalModel;
import dev.outrider.router.policy.Policy.Models;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.router.remote.ResilienceSettings.Breaker;
import dev.outrider.router.remote.ThinkingControl;

/** The settings of the models and their prices. */
final class ModelKnobs {

    private static final Knob<LocalModel, BigDecimal> USD_PER_HOUR = Knob.required(
            "usd-per-hour",
            Kinds.aboveZero(),
            LocalModel::usdPerHour,
            "What an hour of this machine costs while the SLM uses it. A tier that costs nothing makes every comparison of costs"
                    + " meaningless.");

    private static final Knob<LocalServerSettings, String> SERVER_URL = Knob.required(
            "url", Kinds.text(), LocalServerSettings::url, "Base URL, for example `http://gpu-1:8000/v1`.");

    private static final Knob<LocalServerSettings, String> SERVER_MODEL =
            Knob.required("model", Kinds.text(), LocalServerSettings::model, "What the server calls the model.");

    private static final Knob<LocalServerSettings, String> SERVER_KEY = Knob.of(
            "key-variable",
            Kinds.text(),
            LocalServerSettings.KEY,
            LocalServerSettings::keyVariable,
            "The environment variable that holds the server's key, where it asks for one.");

    private static final Knob<LocalServerSettings, Duration> SERVER_TIMEOUT = Knob.of(
            "timeout",
            Kinds.duration(Duration.ofMillis(1), Duration.ofDays(1)),
            LocalServerSettings.TIMEOUT,
            LocalServerSettings::timeout,
            "Longest time for one answer, the whole body included. There is one request for one answer; then the LLM is asked.");

    private static final Knob<LocalServerSettings, Boolean> WORDS_DECIDE = Knob.of(
            "words-decide",
            Kinds.flag(),
            false,
            LocalServerSettings::wordsDecide,
            "Whether every word of a reply in text counts as a decision, as it does for a model that was trained to say each thing"
                    + " in one way. For models at large only the choice between a call and text does.");

    private static final Knob<LocalServerSettings, ThinkingControl> THINKING_CONTROL = Knob.of(
            "thinking-control",
            Kinds.choice(ThinkingControl.class),
            ThinkingControl.SWITCH,
            LocalServerSettings::thinking,
            "How the server is told what a workload's `thinking` allows. `switch`: `chat_template_kwargs` with `enable_thinking`,"
                    + " for vLLM, SGLang and llama-server. `budget`: also `thinking_token_budget`, for a vLLM started with"
                    + " `--reasoning-config`. `none`: not told.");

    private static final Knob<LocalServerSettings, Breaker> SERVER_BREAKER = Knob.section(
            "breaker", ResilienceKnobs.BREAKER, LocalServerSettings::breaker, "When to stop asking the server for a while.");

    private static final Shape<LocalServerSettings> SERVER = Shape.of(
            """
            An SLM behind an OpenAI-compatible server that gives log-probabilities, like vLLM or llama-server, for people whose \
            GPU stands elsewhere. It counts as local: `local-only` queries are sent to it as they are. Its seconds are seconds of \
            a GPU for budgets. An answer without log-probabilities carries no evidence and goes to the LLM. Holds from the start \
            of the process.""",
            v -> new LocalServerSettings(
                    v.get(SERVER_URL),
                    v.get(SERVER_MODEL),
                    v.get(SERVER_KEY),
                    v.get(SERVER_TIMEOUT),
                    v.get(WORDS_DECIDE),
                    v.get(THINKING_CONTROL),
                    v.get(SERVER_BREAKER)),
            SERVER_URL,
            SERVER_MODEL,
            SERVER_KEY,
            SERVER_TIMEOUT,
            WORDS_DECIDE,
            THINKING_CONTROL,
            SERVER_BREAKER);

    private static final Knob<LocalModel, LocalServerSettings> SERVERS = Knob.optional(
            "server", Kinds.section(SERVER), LocalModel::server, "Where the SLM is, when it is not in this process.");

    private static final Shape<LocalModel> LOCAL = Shape.of(
            "The SLM: in this process, or behind a server.",
            v -> new LocalModel(v.get(USD_PER_HOUR), v.find(SERVERS)),
            USD_PER_HOUR,
            SERVERS);

    private static final Knob<RemoteModelSettings, String> NAME = Knob.of(
            "name",
            Kinds.text(),
            "llm",
            RemoteModelSettings::name,
            "What the ledger and messages call it. Different names in a list.");

    private static final Knob<RemoteModelSettings, BigDecimal> INPUT = Knob.required(
            "usd-per-million-input-tokens",
            Kinds.aboveZero(),
            RemoteModelSettings::usdPerMillionInputTokens,
            "Price of a million prompt tokens. An unknown price is no reason to spend.");

    private static final Knob<RemoteModelSettings, BigDecimal> OUTPUT = Knob.required(
            "usd-per-million-output-tokens",
            Kinds.aboveZero(),
            RemoteModelSettings::usdPerMillionOutputTokens,
            "Price of a million answer tokens.");

    private static final Knob<RemoteModelSettings, Integer> MAX_OUTPUT_TOKENS = Knob.of(
            "max-output-tokens",
            Kinds.integer(1, 1_000_000),
            RemoteModelSettings.MAX_OUTPUT_TOKENS,
            RemoteModelSettings::maxOutputTokens,
            "Longest answer asked for when a request sets no limit of its own. It bounds the worst case that is set aside before"
                    + " a call.");

    private static final Knob<RemoteModelSettings, String> URL = Knob.optional(
            "url",
            Kinds.text(),
            RemoteModelSettings::url,
            "Base URL of an OpenAI-compatible endpoint, together with `model`. Without both, `" + RemoteModels.URL
                    + "` and `" + RemoteModels.MODEL + "` say it.");

    private static final Knob<RemoteModelSettings, String> MODEL = Knob.optional(
            "model", Kinds.text(), RemoteModelSettings::model, "What the endpoint at `url` calls the model.");

    private static final Knob<RemoteModelSettings, String> KEY_VARIABLE = Knob.of(
            "key-variable",
            Kinds.text(),
            RemoteModels.KEY,
            RemoteModelSettings::keyVariable,
            "The environment variable that holds the endpoint's key. The key itself never stands in a file.");

    private static final Shape<RemoteModelSettings> REMOTE = Shape.of(
            """
            The LLM; or several, in the order in which they are asked: the next one when the one before it cannot be reached, is \
            out of order or answers nothing usable. The dearest one's worst case is set aside, the one that answers is charged.""",
            v -> new RemoteModelSettings(
                    v.get(NAME),
                    v.get(INPUT),
                    v.get(OUTPUT),
                    v.get(MAX_OUTPUT_TOKENS),
                    v.find(URL),
                    v.find(MODEL),
                    v.get(KEY_VARIABLE)),
            NAME,
            INPUT,
            OUTPUT,
            MAX_OUTPUT_TOKENS,
            URL,
            MODEL,
            KEY_VARIABLE);

    private static final Knob<Models, LocalModel> LOCAL_MODEL =
            Knob.required("local", Kinds.section(LOCAL), Models::local, "The SLM.");

    private static final Knob<Models, List<RemoteModelSettings>> REMOTE_MODELS = Knob.required(
            "remote",
            Kinds.sectionOrSections(REMOTE, RemoteModelSettings::name),
            Models::remote,
            "The LLM, or a chain of them.");

    static final Shape<Models> MODELS = Shape.of(
            "The two tiers and their prices.",
            v -> new Models(v.get(LOCAL_MODEL), v.get(REMOTE_MODELS)),
            LOCAL_MODEL,
            REMOTE_MODELS);

    private ModelKnobs() {}
}
