package dev.outrider.router;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import org.mockito.InOrder;

import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.remote.RelayingChatModel;

/**
 * LangChain4j's own contract of a streaming chat model, once with every answer given by the SLM and once with every
 * answer given by the LLM. The models answer by rule; the cascade between them and the contract is the real one.
 */
class CascadeStreamingContractTest extends AbstractStreamingChatModelIT {

    @Override
    protected List<StreamingChatModel> models() {
        return List.of(model(0.999, List.of(), 1024), model(0.001, List.of(), 1024));
    }

    @Override
    public StreamingChatModel createModelWith(ChatModelListener listener) {
        return model(0.999, List.of(listener), 1024);
    }

    /** The tiers have defaults of their own; the limit of an answer is the policy's. */
    @Override
    protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
        Integer limit = parameters.maxOutputTokens();
        return model(0.001, List.of(), limit == null ? 1024 : limit);
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return ChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
    }

    private static StreamingChatModel model(double probability, List<ChatModelListener> listeners, int maxOutputTokens) {
        RuleModel llm = new RuleModel(1);
        return CascadeStreamingChatModel.of(CascadeChatModel.builder()
                .local(new RuleModel(probability))
                .remote(new RelayingChatModel(llm, llm.streaming()))
                .policy(Policies.changed("max-output-tokens: 1024", "max-output-tokens: " + maxOutputTokens))
                .ledger(new InMemoryLedger())
                .listeners(listeners)
                .build());
    }

    @Override
    protected Class<? extends ChatResponseMetadata> chatResponseMetadataType(StreamingChatModel model) {
        return CascadeChatResponseMetadata.class;
    }

    @Override
    protected boolean supportsPartialToolStreaming(StreamingChatModel model) {
        return false; // calls leave when they are complete and checked
    }

    @Override
    protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder io, String id) {
        io.verify(handler).onCompleteToolCall(complete(0, id, "getWeather", "{\"city\":\"Munich\"}"));
    }

    @Override
    protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder io, String id1, String id2) {
        verifyToolCallbacks(handler, io, id1);
        io.verify(handler).onCompleteToolCall(complete(1, id2, "getTime", "{\"country\":\"France\"}"));
    }

    @Override
    protected boolean supportsModelNameParameter() {
        return false; // a model's name means one model only, and a query may be answered by several
    }

    /** A name is left out, not refused: whoever names the LLM's model gets the same answers as before. */
    @Override
    protected void should_fail_if_modelName_is_not_supported(StreamingChatModel model) {}

    /** The contract waits half a minute to see that nothing comes: {@link CascadeStreamingCancellationContractTest}. */
    @Override
    protected boolean supportsStreamingCancellation() {
        return false;
    }
}
