package dev.outrider.agents;

import dev.langchain4j.model.chat.ChatModel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.tools.ToolCatalogue;

/**
 * An agent: a model, the tools it may call, and the limits it works in. It holds no conversation itself, so one agent may
 * serve many threads, each with a {@link Conversation} of its own.
 *
 * <p>The model is asked, its calls are checked, run and reported back to it, until it answers in text. The rules of that loop:
 *
 * <ul>
 *   <li>All calls of one answer are checked before the first one runs. If one of them names an unknown tool or breaks its
 *       schema, none runs, and the model reads why.
 *   <li>A tool that throws is an error that the model reads, not the end of the run.
 *   <li>An interrupt ends the run between two tools, never within one.
 *   <li>The calls of the last allowed answer do not run: nobody would read what they did.
 * </ul>
 */
public final class Agent {

    /** How many model queries a request may take unless the builder says otherwise. */
    public static final int DEFAULT_MAX_STEPS = 8;

    private final ChatModel model;
    private final ToolCatalogue catalogue;
    private final int maxSteps;
    private final @Nullable String systemPrompt;
    private final String workload;
    private final AgentListener listener;

    private Agent(Builder builder) {
        this.model = Objects.requireNonNull(builder.model, "an agent needs a model: builder().model(…)");
        this.catalogue = Objects.requireNonNull(builder.catalogue, "an agent needs tools: builder().catalogue(…)");
        this.maxSteps = builder.maxSteps;
        this.systemPrompt = builder.systemPrompt;
        this.workload = builder.workload;
        this.listener = builder.listener;
    }

    /** A builder; model and catalogue are required. */
    public static Builder builder() {
        return new Builder();
    }

    /** Works on a single request, in a conversation that nobody continues. */
    public AgentRun run(String request) {
        return newConversation().send(request);
    }

    /** Starts a conversation: follow-ups see what was said and done before. */
    public Conversation newConversation() {
        return new Conversation(this);
    }

    ChatModel model() {
        return model;
    }

    ToolCatalogue catalogue() {
        return catalogue;
    }

    int maxSteps() {
        return maxSteps;
    }

    @Nullable String systemPrompt() {
        return systemPrompt;
    }

    String workload() {
        return workload;
    }

    AgentListener listener() {
        return listener;
    }

    /** Builder of an {@link Agent}. */
    public static final class Builder {

        private @Nullable ChatModel model;
        private @Nullable ToolCatalogue catalogue;
        private int maxSteps = DEFAULT_MAX_STEPS;
        private @Nullable String systemPrompt;
        private String workload = "default";
        private AgentListener listener = AgentListener.NONE;

        private Builder() {}

        /** The model that is asked: a cascade, or any other LangChain4j chat model. */
        public Builder model(ChatModel model) {
            this.model = model;
            return this;
        }

        /** The tools that are offered and run. */
        public Builder catalogue(ToolCatalogue catalogue) {
            this.catalogue = catalogue;
            return this;
        }

        /** How many model queries one request may take, at least 1. */
        public Builder maxSteps(int maxSteps) {
            if (maxSteps < 1) {
                throw new IllegalArgumentException("maxSteps must be at least 1 but is " + maxSteps);
            }
            this.maxSteps = maxSteps;
            return this;
        }

        /** A system message at the head of every conversation, or null for none. */
        public Builder systemPrompt(@Nullable String systemPrompt) {
            this.systemPrompt = systemPrompt;
            return this;
        }

        /** The name under which a cascade's policy and ledger know these queries. */
        public Builder workload(String workload) {
            this.workload = workload;
            return this;
        }

        /** Watches every run of this agent. */
        public Builder listener(AgentListener listener) {
            this.listener = listener;
            return this;
        }

        /** The agent. */
        public Agent build() {
            return new Agent(this);
        }
    }
}
