package dev.outrider.router.remote;

import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a server in place of the SLM is told whether its model may think. The protocol of OpenAI has no word for it. */
public enum ThinkingControl {
    /** Not at all: the server's own settings hold. For servers that reject what they do not know. */
    NONE,
    /**
     * {@code chat_template_kwargs: {"enable_thinking": true}}, or {@code false}, as vLLM, SGLang and llama-server hand it to
     * the chat template of models that can do both.
     */
    SWITCH,
    /**
     * The switch, and {@code thinking_token_budget} with the most tokens of thought, which vLLM takes when it was started with
     * a {@code --reasoning-config}.
     */
    BUDGET;

    /**
     * The request as the server is to get it.
     *
     * @param tokens most tokens of thought; 0 for none
     */
    ChatRequest told(ChatRequest request, int tokens) {
        if (this == NONE) {
            return request;
        }
        Map<String, Object> more = new LinkedHashMap<>();
        more.put("chat_template_kwargs", Map.of("enable_thinking", tokens > 0));
        if (this == BUDGET && tokens > 0) {
            more.put("thinking_token_budget", tokens);
        }
        OpenAiChatRequestParameters.Builder parameters = OpenAiChatRequestParameters.builder();
        parameters.overrideWith(request.parameters());
        return ChatRequest.builder()
                .messages(request.messages())
                .parameters(parameters.customParameters(more).build())
                .build();
    }
}
