package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Finds the rule of a policy that a request falls under. */
final class RuleBook {

    private final List<Policy.Rule> rules;

    /** Rules in any order; among several that match, the strictest wins, and among equals the first. */
    RuleBook(List<Policy.Rule> rules) {
        this.rules = rules.stream().sorted(Comparator.comparing(Policy.Rule::then).reversed()).toList();
    }

    Optional<Policy.Rule> ruleFor(ChatRequest request) {
        return rules.stream().filter(rule -> matches(rule.when(), request)).findFirst();
    }

    private static boolean matches(Policy.When when, ChatRequest request) {
        Integer minMessages = when.minMessages();
        return (minMessages == null || request.messages().size() >= minMessages)
                && (when.offersAny().isEmpty() || offersAny(when.offersAny(), request.toolSpecifications()))
                && (when.requestMatches() == null || userSays(when.requestMatches(), request.messages()));
    }

    private static boolean offersAny(List<String> names, List<ToolSpecification> tools) {
        return tools.stream().anyMatch(tool -> names.contains(tool.name()));
    }

    private static boolean userSays(Pattern pattern, List<ChatMessage> messages) {
        for (ChatMessage message : messages) {
            if (message instanceof UserMessage user) {
                for (Content content : user.contents()) {
                    if (content instanceof TextContent text && pattern.matcher(text.text()).find()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
