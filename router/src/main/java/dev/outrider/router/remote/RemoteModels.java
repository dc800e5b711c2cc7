package dev.outrider.router.remote;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Policy;

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
     * The LLM that the environment names.
     *
     * @param env the environment, for example {@code System.getenv()}
     * @param policy for its resilience
     * @return empty when no URL is set
     * @throws RemoteException of kind {@link RemoteException.Kind#CONFIGURATION} when what is set cannot be used; never
     *     shows the key
     */
    public static Optional<ChatModel> fromEnvironment(Map<String, String> env, Policy policy) {
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
        return Optional.of(openAiCompatible(url, key.isEmpty() ? null : key, model, policy));
    }

    /**
     * A model at an OpenAI-compatible endpoint, with the policy's resilience around it.
     *
     * @param url base URL, with or without {@code /chat/completions}
     * @param key sent as bearer token; null when the endpoint needs none
     * @param model the model's name there
     * @param policy for its resilience
     * @throws RemoteException of kind {@link RemoteException.Kind#CONFIGURATION} when URL or key cannot be used
     */
    public static ChatModel openAiCompatible(String url, @Nullable String key, String model, Policy policy) {
        URI base = endpoint(url);
        checkKey(key);
        boolean secure = "https".equals(base.getScheme());
        ChatModel openAi = OpenAiChatModel.builder()
                .httpClientBuilder(RemoteHttpClient.builder(secure, key, InstantSource.system()))
                .baseUrl(base.toString())
                .apiKey(key)
                .modelName(model)
                .timeout(policy.resilience().timeout())
                // retries are ours: they honour Retry-After and are counted
                .maxRetries(0)
                .logRequests(false)
                .logResponses(false)
                .build();
        return ResilientChatModel.of(new PortableChatModel(openAi), policy.resilience());
    }

    private static URI endpoint(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw notUsable("is not a URL");
        }
        if (uri.getUserInfo() != null) {
            throw notUsable("holds a user name or password; put the key into " + KEY);
        }
        String scheme = uri.getScheme();
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw notUsable("must start with http:// or https://");
        }
        if (uri.getHost() == null) {
            throw notUsable("names no host");
        }
        if (uri.getQuery() != null || uri.getFragment() != null) {
            throw notUsable("must end with its path, without ? and #");
        }
        String path = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        return URI.create(path.endsWith(COMPLETIONS) ? path.substring(0, path.length() - COMPLETIONS.length()) : path);
    }

    private static RemoteException notUsable(String what) {
        return RemoteException.configuration(URL + " " + what
                + "; set it to a base URL like https://api.openai.com/v1");
    }

    private static void checkKey(@Nullable String key) {
        if (key != null && !key.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw RemoteException.configuration(
                    KEY + " holds a blank, a line break or another character that no key has; set it to the key alone");
        }
    }
}
