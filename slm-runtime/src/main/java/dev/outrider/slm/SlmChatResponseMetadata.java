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

    private SlmChatResponseMetadata(Builder builder) {
        super(builder);
        this.evidence = Objects.requireNonNull(builder.evidence, "evidence");
        this.problem = builder.problem;
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

    @Override
    public Builder toBuilder() {
        return ((Builder) toBuilder(builder())).evidence(evidence).problem(problem);
    }

    @Override
    public boolean equals(Object o) {
        return super.equals(o) && o instanceof SlmChatResponseMetadata other
                && evidence.equals(other.evidence)
                && Objects.equals(problem, other.problem);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), evidence, problem);
    }

    @Override
    public String toString() {
        return "SlmChatResponseMetadata[modelName=" + modelName() + ", finishReason=" + finishReason() + ", tokenUsage="
                + tokenUsage() + ", smallestDecisionProbability=" + evidence.smallestDecisionProbability()
                + (problem == null ? "]" : ", problem=" + problem + "]");
    }

    /** Builder; {@link #evidence} is required. */
    public static final class Builder extends ChatResponseMetadata.Builder<Builder> {

        private @Nullable TokenEvidence evidence;
        private @Nullable String problem;

        private Builder() {}

        public Builder evidence(TokenEvidence evidence) {
            this.evidence = evidence;
            return this;
        }

        public Builder problem(@Nullable String problem) {
            this.problem = problem;
            return this;
        }

        @Override
        public SlmChatResponseMetadata build() {
            return new SlmChatResponseMetadata(this);
        }
    }
}
