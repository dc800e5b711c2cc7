package dev.outrider.router.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.openai.OpenAiChatResponseMetadata;
import dev.langchain4j.model.output.TokenUsage;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;

/** A server's answer with its log-probabilities turned into evidence. */
final class EvidentChatModel implements ChatModel {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChatModel server;
    private final boolean wordsDecide;

    EvidentChatModel(ChatModel server, boolean wordsDecide) {
        this.server = server;
        this.wordsDecide = wordsDecide;
    }

    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        long begin = System.nanoTime();
        ChatResponse response = server.chat(request, options);
        double seconds = (System.nanoTime() - begin) / 1e9;
        return response.toBuilder().metadata(metadata(response, seconds)).build();
    }

    private ChatResponseMetadata metadata(ChatResponse response, double seconds) {
        ChatResponseMetadata said = response.metadata();
        if (!(said instanceof OpenAiChatResponseMetadata openAi)) {
            return copied(said, MissingEvidence.builder("the server's answer carries no log-probabilities")).build();
        }
        try {
            StreamEvidence read = StreamEvidence.read(openAi.logProbs(), response.aiMessage(), wordsDecide);
            TokenUsage usage = said.tokenUsage();
            double[] times = times(openAi.rawHttpResponse(), seconds);
            TokenEvidence evidence = new TokenEvidence(
                    read.tokens(),
                    usage == null || usage.inputTokenCount() == null ? 0 : usage.inputTokenCount(),
                    read.thinkingTokens(),
                    times[0],
                    times[1]);
            return copied(said, SlmChatResponseMetadata.builder().evidence(evidence)).build();
        } catch (StreamEvidence.UnusableException e) {
            return copied(said, MissingEvidence.builder(e.why())).build();
        }
    }

    private static <B extends ChatResponseMetadata.Builder<B>> B copied(ChatResponseMetadata from, B to) {
        to.id(from.id());
        to.modelName(from.modelName());
        to.tokenUsage(from.tokenUsage());
        to.finishReason(from.finishReason());
        return to;
    }

    /** Seconds for prompt and answer as llama-server tells them; elsewhere all seconds count for the answer. */
    private static double[] times(@Nullable SuccessfulHttpResponse raw, double seconds) {
        if (raw != null && raw.body() != null) {
            try {
                JsonNode timings = JSON.readTree(raw.body()).path("timings");
                double prompt = timings.path("prompt_ms").asDouble(0) / 1e3;
                double answer = timings.path("predicted_ms").asDouble(0) / 1e3;
                if (prompt >= 0 && answer > 0) {
                    return new double[] {prompt, answer};
                }
            } catch (JsonProcessingException e) {
                // the answer itself was read from it, so this does not happen; the clock on the wall will do
                return new double[] {0, seconds};
            }
        }
        return new double[] {0, seconds};
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return server.defaultRequestParameters();
    }

    @Override
    public ModelProvider provider() {
        return server.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return server.supportedCapabilities();
    }
}
