package dev.outrider.router.remote;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;

/** Answers of an OpenAI-compatible endpoint, as their servers write them. */
public final class Completions {

    public static final String PATH = "/v1/chat/completions";

    private Completions() {}

    public static ResponseDefinitionBuilder json(int status, String body) {
        return aResponse().withStatus(status).withHeader("Content-Type", "application/json").withBody(body);
    }

    /** @param message the message as JSON */
    public static String completion(String message) {
        return """
                {"id":"c1","object":"chat.completion","created":1,"model":"big-1-0613","choices":[{"index":0,"message":%s,\
                "finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}"""
                .formatted(message);
    }

    /** @param text without signs that JSON escapes */
    public static String said(String text) {
        return completion("{\"role\":\"assistant\",\"content\":\"" + text + "\"}");
    }
}
