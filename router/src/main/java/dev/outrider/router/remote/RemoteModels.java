package dev.outrider.router.remote;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the remote tier out of any OpenAI-compatible endpoint. */
public final class RemoteModels {

    /** Environment variable with the endpoint, for example {@code https://api.openai.com/v1}. */
    public static final String URL = "OUTRIDER_LLM_URL";

    /** Environment variable with the key; not needed by servers that ask for none. */
    public static final String KEY = "OUTRIDER_LLM_KEY";

    /** Environment variable with the model's name at that endpoint. */
    public static final String MODEL = "OUTRIDER_LLM_MODEL";

    private static final String COMPLETIONS = "/chat/completions";

    private RemoteModels() {}

    /**
     * The chain of LLMs that a policy names.
     *
     * @param models in the order in which they are asked; one without a URL of its own is the one that the environment
     *     names, and is left out when that names none
     * @param env the environment, for example {@code System.getenv()}: endpoint and keys
     * @return empty when no model is left
     * @throws RemoteException of kind {@link RemoteException.Kind#CONFIGURATION} when what is set cannot be used; never
     *     shows a key
     */
    public static Optional<RemoteChain> chain(
            List<RemoteModelSettings> models, ResilienceSettings patience, Map<String, String> env) {
        List<RemoteModel> reachable = new ArrayList<>();
        for (RemoteModelSettings settings : models) {
            ChatModel model = settings.url() == null
                    ? named(env, patience.timeout()).orElse(null)
                    : endpoint(settings, env, patience.timeout());
            if (model != null) {
                reachable.add(RemoteModel.of(settings, model, patience));
            }
        }
        return reachable.isEmpty() ? Optional.empty() : Optional.of(RemoteChain.of(reachable, patience));
    }

    private static ChatModel endpoint(RemoteModelSettings settings, Map<String, String> env, Duration timeout) {
        String what = "the url of models.remote " + settings.name();
        String key = env.getOrDefault(settings.keyVariable(), "").strip();
        return openAi(
                url(settings.url() == null ? "" : settings.url(), what),
                keyOf(key.isEmpty() ? null : key, settings.keyVariable()),
                settings.model() == null ? "" : settings.model(),
                timeout);
    }

    private static Optional<ChatModel> named(Map<String, String> env, Duration timeout) {
        String url = env.getOrDefault(URL, "").strip();
        if (url.isEmpty()) {
            return Optional.empty();
        }
        String model = env.getOrDefault(MODEL, "").strip();
        if (model.isEmpty()) {
            throw RemoteException.configuration(
                    URL + " is set but " + MODEL + " is not; name the model to ask, as the endpoint calls it");
        }
        String key = env.getOrDefault(KEY, "").strip();
        return Optional.of(openAi(url(url, URL), keyOf(key.isEmpty() ? null : key, KEY), model, timeout));
    }

    /**
     * A model at an OpenAI-compatible endpoint, without any patience of its own.
     *
     * @param url base URL, with or without {@code /chat/completions}
     * @param key sent as bearer token; null when the endpoint needs none
     * @param model the model's name there
     * @param timeout longest wait for the whole answer
     * @throws RemoteException of kind {@link RemoteException.Kind#CONFIGURATION} when URL or key cannot be used
     */
    public static ChatModel openAiCompatible(String url, @Nullable String key, String model, Duration timeout) {
        return openAi(url(url, URL), keyOf(key, KEY), model, timeout);
    }

    /**
     * The same, with words of one's own for what is wrong with URL or key.
     *
     * @param urlName what holds the URL, for messages
     * @param keyName what holds the key, for messages
     */
    public static ChatModel openAiCompatible(
            String url, @Nullable String key, String model, Duration timeout, String urlName, String keyName) {
        return openAi(url(url, urlName), keyOf(key, keyName), model, timeout);
    }

    private static ChatModel openAi(URI base, @Nullable String key, String model, Duration timeout) {
        boolean secure = "https".equals(base.getScheme());
        ChatModel whole = OpenAiChatModel.builder()
                .httpClientBuilder(RemoteHttpClient.builder(secure, key, InstantSource.system()))
                .baseUrl(base.toString())
                .apiKey(key)
                .modelName(model)
                .timeout(timeout)
                // retries are ours: they honour Retry-After and are counted
                .maxRetries(0)
                .logRequests(false)
                .logResponses(false)
                .build();
        StreamingChatModel streaming = OpenAiStreamingChatModel.builder()
                .httpClientBuilder(RemoteHttpClient.builder(secure, key, InstantSource.system()))
                .baseUrl(base.toString())
                .apiKey(key)
                .modelName(model)
                .timeout(timeout)
                .logRequests(false)
                .logResponses(false)
                .build();
        return new PortableChatModel(new RelayingChatModel(whole, streaming));
    }

    /**
     * The endpoint's base URL.
     *
     * @param where what holds the URL, for messages
     */
    static URI url(String url, String where) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw notUsable(where, "is not a URL");
        }
        if (uri.getUserInfo() != null) {
            throw notUsable(where, "holds a user name or password; put the key into an environment variable");
        }
        String scheme = uri.getScheme();
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw notUsable(where, "must start with http:// or https://");
        }
        if (uri.getHost() == null) {
            throw notUsable(where, "names no host");
        }
        if (uri.getQuery() != null || uri.getFragment() != null) {
            throw notUsable(where, "must end with its path, without ? and #");
        }
        String path = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        return URI.create(path.endsWith(COMPLETIONS) ? path.substring(0, path.length() - COMPLETIONS.length()) : path);
    }

    private static RemoteException notUsable(String where, String what) {
        return RemoteException.configuration(
                where + " " + what + "; set it to a base URL like https://api.openai.com/v1");
    }

    static @Nullable String keyOf(@Nullable String key, String variable) {
        if (key != null && !key.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw RemoteException.configuration(variable
                    + " holds a blank, a line break or another character that no key has; set it to the key alone");
        }
        return key;
    }
}
