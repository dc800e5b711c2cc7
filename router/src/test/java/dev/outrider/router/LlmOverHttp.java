package dev.outrider.router;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.langchain4j.model.chat.ChatModel;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.RemoteModels;

/** A cascade whose LLMs are behind a real HTTP server: every answer costs 100 prompt and 10 answer tokens. */
abstract class LlmOverHttp extends CascadeFixture {

    @RegisterExtension
    static final WireMockExtension LLM =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    static ResponseDefinitionBuilder said(String text) {
        return completion("{\"role\":\"assistant\",\"content\":\"" + text + "\"}", "stop");
    }

    static ResponseDefinitionBuilder calls(String tool, String arguments) {
        return completion(
                "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_7\",\"type\":\"function\",\"function\":{\"name\":\"" + tool
                        + "\",\"arguments\":\"" + arguments.replace("\"", "\\\"") + "\"}}]}",
                "tool_calls");
    }

    private static ResponseDefinitionBuilder completion(String message, String finish) {
        return aResponse()
                .withHeader("Content-Type", "application/json")
                .withBody("{\"id\":\"c\",\"model\":\"far-1\",\"choices\":[{\"index\":0,\"message\":" + message
                        + ",\"finish_reason\":\"" + finish
                        + "\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10}}");
    }

    /** Requests that reached the server. */
    static int sent() {
        return LLM.findAll(postRequestedFor(anyUrl())).size();
    }

    /** A cascade that asks the LLMs that the policy names. */
    CascadeChatModel.Builder overHttp(ChatModel slm, Policy policy) {
        return cascade(slm)
                .remotes(p -> RemoteModels.chain(p.models().remote(), p.resilience(), Map.of()))
                .policy(policy);
    }
}
