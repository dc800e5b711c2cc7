package dev.outrider.router;

import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.slm.TokenEvidence;

/**
 * Metadata of an answer that went through the cascade: the usual fields are those of the tier that answered, and beside
 * them stand the decision, its ledger record and the SLM's evidence.
 */
public final class CascadeChatResponseMetadata extends ChatResponseMetadata {

    private final DecisionRecord record;
    private final @Nullable TokenEvidence localEvidence;

    private CascadeChatResponseMetadata(Builder builder) {
        super(builder);
        this.record = Objects.requireNonNull(builder.record, "record");
        this.localEvidence = builder.localEvidence;
    }

    static CascadeChatResponseMetadata of(
            ChatResponseMetadata tier, DecisionRecord record, @Nullable TokenEvidence localEvidence) {
        return new Builder()
                .id(tier.id())
                .modelName(tier.modelName())
                .tokenUsage(tier.tokenUsage())
                .finishReason(tier.finishReason())
                .record(record)
                .localEvidence(localEvidence)
                .build();
    }

    /** {@link Decision.Accept} or {@link Decision.Escalate}: a refusal has no answer and so no metadata. */
    public Decision decision() {
        return record.decision();
    }

    /** What the ledger says about this query. */
    public DecisionRecord record() {
        return record;
    }

    /**
     * The SLM's evidence token by token, also when its answer was not taken; empty when it was not asked or gave none.
     */
    public Optional<TokenEvidence> localEvidence() {
        return Optional.ofNullable(localEvidence);
    }

    /**
     * How long a streamed answer was held until its first piece could leave, in milliseconds; empty when the answer was
     * not streamed.
     */
    public OptionalLong heldMillis() {
        Long held = record.heldMillis();
        return held == null ? OptionalLong.empty() : OptionalLong.of(held);
    }

    @Override
    public boolean equals(Object o) {
        return super.equals(o)
                && o instanceof CascadeChatResponseMetadata other
                && record.equals(other.record)
                && Objects.equals(localEvidence, other.localEvidence);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), record, localEvidence);
    }

    @Override
    public String toString() {
        return "CascadeChatResponseMetadata[modelName=" + modelName() + ", finishReason=" + finishReason()
                + ", tokenUsage="
                + tokenUsage() + ", decision=" + decision().label() + "]";
    }

    private static final class Builder extends ChatResponseMetadata.Builder<Builder> {

        private @Nullable DecisionRecord record;
        private @Nullable TokenEvidence localEvidence;

        Builder record(DecisionRecord record) {
            this.record = record;
            return this;
        }

        Builder localEvidence(@Nullable TokenEvidence localEvidence) {
            this.localEvidence = localEvidence;
            return this;
        }

        @Override
        public CascadeChatResponseMetadata build() {
            return new CascadeChatResponseMetadata(this);
        }
    }
}
