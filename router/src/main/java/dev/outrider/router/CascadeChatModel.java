package dev.outrider.router;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.remote.PortableChatModel;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.router.remote.ResilientChatModel;
import dev.outrider.tools.ToolCatalogue;

/**
 * A chat model that thinks small first. The SLM in this process answers; its answer is taken when its form is right and
 * its evidence meets what the policy demands for what it would do. Otherwise, or when a rule says so, the LLM is asked,
 * within a money budget. Every query ends in a {@link Decision}, written to the {@link Ledger} before the answer is
 * handed out: no token of a rejected answer and no tool call leaves before that.
 *
 * <pre>{@code
 * CascadeChatModel model = CascadeChatModel.builder()
 *         .local(slm)
 *         .remote(RemoteModels.fromEnvironment(System.getenv(), policy).orElse(null))
 *         .policy(policy)
 *         .catalogue(ToolCatalogue.of(new ShopTools()))
 *         .ledger(JsonLinesLedger.open(path, policy.ledger()))
 *         .build();
 * ChatResponse answer = model.chat(request);
 * Decision why = ((CascadeChatResponseMetadata) answer.metadata()).decision();
 * }</pre>
 *
 * <p>It is an ordinary LangChain4j model: listeners and their attributes reach it and both tiers, request parameters
 * are passed on except the model's name and a provider's own ones, which mean one model only. It has no default
 * parameters: every tier has its own. Interrupting the calling thread stops whichever tier is at work, gives back the
 * money set aside and ends in a {@link RefusedException} with {@link RefusalReason#CANCELLED}. Safe for many threads.
 */
public final class CascadeChatModel implements ChatModel {

    private final Parts parts;
    private final ModelListeners listeners;
    private final Set<Capability> capabilities;
    private final MoneyBudget budget;
    private final AtomicReference<RoutingStats> stats = new AtomicReference<>(RoutingStats.EMPTY);

    private CascadeChatModel(Builder builder) {
        ChatModel local = Objects.requireNonNull(builder.local, "local: which model answers first?");
        Ledger ledger = Objects.requireNonNull(
                builder.ledger, "ledger: where are decisions written? JsonLinesLedger.open(path, …) or new InMemoryLedger()");
        Policy policy = builder.policy == null ? Policy.defaults() : builder.policy;
        ChatModel remote = builder.remote;
        this.budget = builder.budget == null ? MoneyBudget.of(policy.budget(), builder.clock) : builder.budget;
        this.listeners = new ModelListeners(builder.listeners, provider());
        this.capabilities = capabilitiesOf(local, remote);
        AnswerCheck check = new AnswerCheck(builder.catalogue, policy.accept().unlistedTools());
        this.parts = new Parts(
                policy,
                new RuleBook(policy.rules()),
                new LocalTier(local, policy, check, builder.nanos),
                remote == null
                        ? null
                        : new RemoteTier(resilient(remote, policy), policy, budget, check, ledger, builder.clock,
                                builder.nanos),
                ledger,
                builder.clock);
    }

    /** What every query needs. */
    record Parts(
            Policy policy,
            RuleBook rules,
            LocalTier local,
            @Nullable RemoteTier remote,
            Ledger ledger,
            InstantSource clock) {}

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Answers a request.
     *
     * @param options listener attributes; {@link CascadeAttributes} says which ones reach the ledger
     * @return the answer; its metadata is a {@link CascadeChatResponseMetadata}
     * @throws RefusedException when nobody answers: one line that says why and what to do
     * @throws LedgerException when the ledger cannot be written; no answer leaves then
     */
    @Override
    public ChatResponse chat(ChatRequest request, @Nullable ChatRequestOptions options) {
        ChatRequestOptions given = options == null ? ChatRequestOptions.EMPTY : options;
        ModelListeners.Call call = listeners.call(request, given);
        call.asked();
        try {
            ChatResponse response = decide(request, given, null);
            call.answered(response);
            return response;
        } catch (RuntimeException e) {
            call.failed(e);
            throw e;
        }
    }

    /**
     * Walks a query without telling the listeners.
     *
     * @param stream where the answer goes piece by piece; null when it is wanted as a whole
     */
    ChatResponse decide(ChatRequest request, ChatRequestOptions options, @Nullable AnswerStream stream) {
        return new CascadeQuery(parts, request, options, stream, this::count).answer();
    }

    /** What this cascade did so far. */
    public RoutingStats stats() {
        return Objects.requireNonNull(stats.get());
    }

    /** The budget that pays for the LLM. */
    public MoneyBudget budget() {
        return budget;
    }

    @Override
    public List<ChatModelListener> listeners() {
        return listeners.listeners();
    }

    /** The listeners, to be told by whoever else answers for this cascade. */
    ModelListeners modelListeners() {
        return listeners;
    }

    /** What both tiers can do: either of them may answer. */
    @Override
    public Set<Capability> supportedCapabilities() {
        return capabilities;
    }

    private void count(DecisionRecord record) {
        stats.updateAndGet(before -> before.plus(record));
    }

    private static ResilientChatModel resilient(ChatModel remote, Policy policy) {
        return remote instanceof ResilientChatModel resilient
                ? resilient
                : ResilientChatModel.of(new PortableChatModel(remote), policy.resilience());
    }

    private static Set<Capability> capabilitiesOf(ChatModel local, @Nullable ChatModel remote) {
        Set<Capability> both = EnumSet.noneOf(Capability.class);
        both.addAll(local.supportedCapabilities());
        if (remote != null) {
            both.retainAll(remote.supportedCapabilities());
        }
        return Set.copyOf(both);
    }

    /** Builder; {@link #local} and {@link #ledger} are required. */
    public static final class Builder {

        private @Nullable ChatModel local;
        private @Nullable ChatModel remote;
        private @Nullable Policy policy;
        private @Nullable ToolCatalogue catalogue;
        private @Nullable Ledger ledger;
        private @Nullable MoneyBudget budget;
        private List<ChatModelListener> listeners = List.of();
        private InstantSource clock = InstantSource.system();
        private LongSupplier nanos = System::nanoTime;

        private Builder() {}

        /** The SLM. Answers without {@code SlmChatResponseMetadata} carry no evidence and go to the LLM. */
        public Builder local(ChatModel local) {
            this.local = local;
            return this;
        }

        /**
         * The LLM: any LangChain4j model. One that is not a {@link ResilientChatModel} gets the policy's resilience.
         * Without one, what the SLM cannot answer is refused.
         */
        public Builder remote(@Nullable ChatModel remote) {
            this.remote = remote;
            return this;
        }

        /** How to decide; {@link Policy#defaults()} when not set. */
        public Builder policy(Policy policy) {
            this.policy = policy;
            return this;
        }

        /**
         * Says what the tools do to the world; a tool it does not know counts as the policy's {@code unlisted-tools}.
         */
        public Builder catalogue(@Nullable ToolCatalogue catalogue) {
            this.catalogue = catalogue;
            return this;
        }

        /** Where decisions are written. */
        public Builder ledger(Ledger ledger) {
            this.ledger = ledger;
            return this;
        }

        /**
         * The money for the LLM; the policy's own budget when not set. Share one to let several cascades spend
         * together.
         */
        public Builder budget(MoneyBudget budget) {
            this.budget = budget;
            return this;
        }

        /** Told about every query as one: the request as it came, and the answer that was taken or the error. */
        public Builder listeners(List<ChatModelListener> listeners) {
            this.listeners = listeners;
            return this;
        }

        /** The time in records; the system's when not set. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /** Nanoseconds for measured durations, for tests. */
        Builder nanos(LongSupplier nanos) {
            this.nanos = nanos;
            return this;
        }

        public CascadeChatModel build() {
            return new CascadeChatModel(this);
        }
    }
}
