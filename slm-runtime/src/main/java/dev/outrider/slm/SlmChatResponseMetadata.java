package dev.outrider.slm;

import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an in-process model says about its answer beside the usual usage and finish reason: the evidence of every
 * token.
 */
public final class SlmChatResponseMetadata extends ChatResponseMetadata {

    private final TokenEvidence evidence;
    private final @Nullable String problem;
    private final int reusedTokens;

    private SlmChatResponseMetadata(Builder builder) {
        super(builder);
        this.evidence = Objects.requireNonNull(builder.evidence, "evidence");
        this.problem = builder.problem;
        this.reusedTokens = builder.reusedTokens;
    }

    public static Builder builder() {
        return new Builder();
    }

    public TokenEvidence evidence() {
        return evidence;
    }

    /**
     * What is wrong with the answer, in one line, when it is neither a text nor a tool call in the model's prompt
     * format; the message then holds the answer as it was written. Null otherwise.
     */
    public @Nullable String problem() {
        return problem;
    }

    /** Tokens of the prompt that need not be read, because a conversation with the same beginning was read before. */
    public int reusedTokens() {
        return reusedTokens;
    }

    @Override
    public Builder toBuilder() {
        return ((Builder) toBuilder(builder())).evidence(evidence).problem(problem).reusedTokens(reusedTokens);
    }

    @Override
    public boolean equals(Object o) {
        return super.equals(o) && o instanceof SlmChatResponseMetadata other
                && evidence.equals(other.evidence)
                && Objects.equals(problem, other.problem)
                && reusedTokens == other.reusedTokens;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), evidence, problem, reusedTokens);
    }

    @Override
    public String toString() {
        return "SlmChatResponseMetadata[modelName=" + modelName() + ", finishReason=" + finishReason() + ", tokenUsage="
                + tokenUsage() + ", reusedTokens=" + reusedTokens + ", smallestDecisionProbability=" + evidence.smallestDecisionProbability()
                + (problem == null ? "]" : ", problem=" + problem + "]");
    }

    /** Builder; {@link #evidence} is required. */
    public static final class Builder extends ChatResponseMetadata.Builder<Builder> {

        private @Nullable TokenEvidence evidence;
        private @Nullable String problem;
        private int reusedTokens;

        private Builder() {}

        public Builder evidence(TokenEvidence evidence) {
            this.evidence = evidence;
            return this;
        }

        public Builder problem(@Nullable String problem) {
            this.problem = problem;
            return this;
        }

        public Builder reusedTokens(int reusedTokens) {
            this.reusedTokens = reusedTokens;
            return this;
        }

        @Override
        public SlmChatResponseMetadata build() {
            return new SlmChatResponseMetadata(this);
        }
    }
}
