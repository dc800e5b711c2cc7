package dev.outrider.router.policy;

import java.math.BigDecimal;
import java.util.List;

import dev.outrider.router.policy.Policy.LocalModel;
import dev.outrider.router.policy.Policy.Models;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.RemoteModels;

/** The settings of the models and their prices. */
final class ModelKnobs {

    private static final Knob<LocalModel, BigDecimal> USD_PER_HOUR = Knob.required(
            "usd-per-hour",
            Kinds.aboveZero(),
            LocalModel::usdPerHour,
            "What an hour of this machine costs while the SLM uses it. A tier that costs nothing makes every comparison of costs"
                    + " meaningless.");

    private static final Shape<LocalModel> LOCAL =
            Shape.of("The SLM.", v -> new LocalModel(v.get(USD_PER_HOUR)), USD_PER_HOUR);

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
