package dev.outrider.slm;

import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an in-process model says about its answer beside the usual usage and finish reason: the evidence of every token. */
public final class SlmChatResponseMetadata extends ChatResponseMetadata {

    private final TokenEvidence evidence;

    private SlmChatResponseMetadata(Builder builder) {
        super(builder);
        this.evidence = Objects.requireNonNull(builder.evidence, "evidence");
    }

    public static Builder builder() {
        return new Builder();
    }

    public TokenEvidence evidence() {
        return evidence;
    }

    @Override
    public boolean equals(Object o) {
        return super.equals(o) && o instanceof SlmChatResponseMetadata other && evidence.equals(other.evidence);
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + evidence.hashCode();
    }

    @Override
    public String toString() {
        return "SlmChatResponseMetadata[modelName=" + modelName() + ", finishReason=" + finishReason() + ", tokenUsage="
                + tokenUsage() + ", smallestDecisionProbability=" + evidence.smallestDecisionProbability() + "]";
    }

    /** Builder; {@link #evidence} is required. */
    public static final class Builder extends ChatResponseMetadata.Builder<Builder> {

        private @Nullable TokenEvidence evidence;

        private Builder() {}

        public Builder evidence(TokenEvidence evidence) {
            this.evidence = evidence;
            return this;
        }

        @Override
        public SlmChatResponseMetadata build() {
            return new SlmChatResponseMetadata(this);
        }
    }
}
