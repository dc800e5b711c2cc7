package dev.outrider.slm;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Parameters of one request, with those that only an in-process model has. */
public final class SlmChatRequestParameters extends DefaultChatRequestParameters {

    /**
     * Key among the listener attributes of a call under which a router may say the same as {@link #maxThinkTokens}, an Integer; it goes
     * before the parameter.
     */
    public static final String MAX_THINK_TOKENS = "outrider.max-think-tokens";

    private final @Nullable Integer maxThinkTokens;

    private SlmChatRequestParameters(Builder builder) {
        super(builder);
        this.maxThinkTokens = builder.maxThinkTokens;
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Most tokens of thought in front of the answer, which {@code maxOutputTokens} does not count; 0 or null for an answer without
     * thoughts. Of no effect on models that do not think.
     */
    public @Nullable Integer maxThinkTokens() {
        return maxThinkTokens;
    }

    /** The value among any parameters; null where they have none. */
    static @Nullable Integer maxThinkTokens(ChatRequestParameters parameters) {
        return parameters instanceof SlmChatRequestParameters own ? own.maxThinkTokens : null;
    }

    @Override
    public SlmChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public SlmChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(Object o) {
        return super.equals(o) && o instanceof SlmChatRequestParameters other && Objects.equals(maxThinkTokens, other.maxThinkTokens);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), maxThinkTokens);
    }

    @Override
    public String toString() {
        return "SlmChatRequestParameters{maxThinkTokens=" + maxThinkTokens + ", " + super.toString() + "}";
    }

    /** Builder; what is not set is left to the model's defaults. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {

        private @Nullable Integer maxThinkTokens;

        private Builder() {}

        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            super.overrideWith(parameters);
            Integer given = SlmChatRequestParameters.maxThinkTokens(parameters);
            return given == null ? this : maxThinkTokens(given);
        }

        public Builder maxThinkTokens(@Nullable Integer maxThinkTokens) {
            this.maxThinkTokens = maxThinkTokens;
            return this;
        }

        @Override
        public SlmChatRequestParameters build() {
            return new SlmChatRequestParameters(this);
        }
    }
}
