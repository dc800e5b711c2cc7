package dev.outrider.router.remote;

import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.Objects;

/** Metadata of an answer whose evidence is missing or cannot be trusted, and why. Such an answer escalates. */
public final class MissingEvidence extends ChatResponseMetadata {

    private final String why;

    private MissingEvidence(Builder builder) {
        super(builder);
        this.why = builder.why;
    }

    static Builder builder(String why) {
        return new Builder(why);
    }

    /** In one line, for a decision's detail. */
    public String why() {
        return why;
    }

    @Override
    public Builder toBuilder() {
        return (Builder) toBuilder(builder(why));
    }

    @Override
    public boolean equals(Object o) {
        return super.equals(o) && o instanceof MissingEvidence other && why.equals(other.why);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), why);
    }

    @Override
    public String toString() {
        return "MissingEvidence[" + why + "]";
    }

    /** Builder. */
    public static final class Builder extends ChatResponseMetadata.Builder<Builder> {

        private final String why;

        private Builder(String why) {
            this.why = why;
        }

        @Override
        public MissingEvidence build() {
            return new MissingEvidence(this);
        }
    }
}
