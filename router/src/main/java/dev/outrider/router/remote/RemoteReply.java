package dev.outrider.router.remote;

import dev.langchain4j.model.chat.response.ChatResponse;

/**
 * An answer of the chain and what it took.
 *
 * @param model the name, in the policy, of the model that answered
 * @param response never empty: it has text or calls
 * @param bill all that was sent for it, fall-backs and lost attempts included
 */
public record RemoteReply(String model, ChatResponse response, RemoteBill bill) {}
