package dev.outrider.router;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.InMemoryBudgetStore;
import dev.outrider.router.events.RoutingListener;
import dev.outrider.router.events.RoutingListeners;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.privacy.Redactor;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.tools.ToolCatalogue;

/**
 * A chat model that thinks small first. The SLM in this process answers; its answer is taken when its form is right and
 * its evidence, calibrated, meets what the policy demands of the kind of work. Otherwise, or when the policy says so, the
 * LLM is asked, within budgets and as far as the query may leave. Every query ends in a {@link Decision}, written to the
 * {@link Ledger} before the answer is handed out: no token of a rejected answer and no tool call leaves before that.
 *
 * <pre>{@code
 * CascadeChatModel model = CascadeChatModel.builder()
 *         .local(slm)
 *         .remotes(p -> RemoteModels.chain(p.models().remote(), p.resilience(), System.getenv()))
 *         .policy(ReloadingPolicy.watch(Path.of("policy.yaml")))
 *         .catalogue(ToolCatalogue.of(new ShopTools()))
 *         .ledger(JsonLinesLedger.open(path))
 *         .build();
 * ChatResponse answer = model.chat(request);
 * Decision why = ((CascadeChatResponseMetadata) answer.metadata()).decision();
 * }</pre>
 *
 * <p>It is an ordinary LangChain4j model: listeners and their attributes reach it and both tiers, request parameters
 * are passed on except the model's name and a provider's own ones, which mean one model only. It has no default
 * parameters: every tier has its own. Interrupting the calling thread stops whichever tier is at work, gives back what
 * was set aside and ends in a {@link RefusedException} with {@link RefusalReason#CANCELLED}. Safe for many threads.
 * {@link #close} gives audits and shadows that are under way a little time to end.
 */
public final class CascadeChatModel implements ChatModel, AutoCloseable {

    private final CascadePlanner planner;
    private final CascadeQuery.Shared shared;
    private final AsideWork aside;
    private final ShadowAudits audits;
    private final ModelListeners listeners;
    private final Set<Capability> localCapabilities;
    private final AtomicReference<RoutingStats> stats = new AtomicReference<>(RoutingStats.EMPTY);

    private CascadeChatModel(Builder builder) {
        ChatModel local = Objects.requireNonNull(builder.local, "local: which model answers first?");
        Ledger ledger = Objects.requireNonNull(
                builder.ledger, "ledger: where are decisions written? JsonLinesLedger.open(path, …) or new InMemoryLedger()");
        PolicySource source = builder.policy == null ? PolicySource.of(PolicyInForce.defaults()) : builder.policy;
        InstantSource clock = builder.clock;
        RoutingListeners events = RoutingListeners.of(builder.routing);
        this.audits = builder.audits == null
                ? new ShadowAudits(source.current().policy().audit())
                : builder.audits;
        this.listeners = new ModelListeners(builder.listeners, provider());
        this.localCapabilities = local.supportedCapabilities();
        this.planner = new CascadePlanner(
                source,
                new CascadePlanner.Parts(
                        local,
                        builder.remotes,
                        builder.catalogue,
                        builder.redactor,
                        ledger,
                        builder.budgets,
                        audits,
                        events,
                        clock,
                        builder.nanos));
        LocalWork work = new LocalWork(builder.localOnGpu);
        ToolLoop loops = new ToolLoop();
        this.aside = new AsideWork(
                ledger,
                audits,
                builder.agreement,
                work,
                events,
                audit -> stats.updateAndGet(before -> before.plus(audit)),
                clock);
        Scribe scribe = new Scribe(
                ledger,
                audits,
                loops,
                aside,
                events,
                record -> stats.updateAndGet(before -> before.plus(record)),
                clock,
                builder.nanos);
        this.shared = new CascadeQuery.Shared(loops, work, scribe);
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Answers a request.
     *
     * @param options listener attributes; {@link CascadeAttributes} says which ones the cascade reads
     * @return the answer; its metadata is a {@link CascadeChatResponseMetadata}
     * @throws RefusedException when nobody answers: one line that says why and what to do
     * @throws dev.outrider.router.ledger.LedgerException when the ledger cannot be written; no answer leaves then
     */
    @Override
    public ChatResponse chat(ChatRequest request, @Nullable ChatRequestOptions options) {
        ChatRequestOptions given = options == null ? ChatRequestOptions.EMPTY : options;
        ModelListeners.Call call = listeners.call(request, given);
        call.asked();
        try {
            ChatResponse response = begin(request, given, null).answer();
            call.answered(response);
            return response;
        } catch (RuntimeException e) {
            call.failed(e);
            throw e;
        }
    }

    /**
     * Begins a query, on the thread that asks; any thread may answer it.
     *
     * @param stream where the answer goes piece by piece; null when it is wanted as a whole
     */
    CascadeQuery begin(ChatRequest request, ChatRequestOptions options, @Nullable AnswerStream stream) {
        return new CascadeQuery(planner.current(), shared, request, options, stream);
    }

    /**
     * What would happen to a request, and because of what. The SLM is asked; nothing leaves this process, nothing is
     * charged and nothing is written.
     */
    public Explanation explain(ChatRequest request, CascadeAttributes attributes) {
        return Explainer.explain(planner.current(), request, attributes);
    }

    /** What this cascade did so far. */
    public RoutingStats stats() {
        return Objects.requireNonNull(stats.get());
    }

    /** How the budgets stand that a query with these attributes would be charged to. */
    public List<BudgetState> budgets(CascadeAttributes attributes) {
        return planner.current().budgets().states(attributes.budgetKeys("none"));
    }

    /** What audits of accepted answers found. */
    public ShadowAudits audits() {
        return audits;
    }

    /**
     * Waits until no audit and no shadow is under way.
     *
     * @return false when that took too long
     */
    public boolean awaitQuiet(Duration patience) {
        return aside.awaitQuiet(patience);
    }

    @Override
    public void close() {
        aside.close();
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
        Set<Capability> both = EnumSet.noneOf(Capability.class);
        both.addAll(localCapabilities);
        planner.chain().ifPresent(chain -> both.retainAll(chain.supportedCapabilities()));
        return Set.copyOf(both);
    }

    /** Builder; {@link #local} and {@link #ledger} are required. */
    public static final class Builder {

        private @Nullable ChatModel local;
        private Function<Policy, Optional<RemoteChain>> remotes = policy -> Optional.empty();
        private @Nullable PolicySource policy;
        private @Nullable ToolCatalogue catalogue;
        private @Nullable Ledger ledger;
        private BudgetStore budgets = new InMemoryBudgetStore();
        private @Nullable ShadowAudits audits;
        private AgreementMatcher agreement = AgreementMatcher.EXACT;
        private @Nullable Redactor redactor;
        private boolean localOnGpu;
        private List<ChatModelListener> listeners = List.of();
        private List<RoutingListener> routing = List.of();
        private InstantSource clock = InstantSource.system();
        private LongSupplier nanos = System::nanoTime;

        private Builder() {}

        /** The SLM. Answers without {@code SlmChatResponseMetadata} carry no evidence and go to the LLM. */
        public Builder local(ChatModel local) {
            this.local = local;
            return this;
        }

        /** Whether the SLM's seconds are seconds of a GPU, for budgets of those. */
        public Builder localOnGpu(boolean localOnGpu) {
            this.localOnGpu = localOnGpu;
            return this;
        }

        /**
         * The LLM: any LangChain4j model, with the name, the prices and the patience of the policy's first remote model.
         * Without one, what the SLM cannot answer is refused.
         */
        public Builder remote(@Nullable ChatModel remote) {
            this.remotes = remote == null
                    ? policy -> Optional.empty()
                    : policy -> Optional.of(
                            RemoteChain.of(policy.models().remote().getFirst(), remote, policy.resilience()));
            return this;
        }

        /** The LLMs that a policy names; asked again for every policy whose models or patience are others. */
        public Builder remotes(Function<Policy, Optional<RemoteChain>> remotes) {
            this.remotes = remotes;
            return this;
        }

        /** How to decide; the built-in policy when not set. */
        public Builder policy(Policy policy) {
            return policy(PolicySource.of(PolicyInForce.of(policy)));
        }

        /** How to decide, where that may change: {@link dev.outrider.router.policy.ReloadingPolicy}. */
        public Builder policy(PolicySource policy) {
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
         * Keeps what budgets have spent; in this process' memory when not set. Share one to let several cascades spend
         * together. It is not closed with this.
         */
        public Builder budgets(BudgetStore budgets) {
            this.budgets = budgets;
            return this;
        }

        /** Books of the audits, with what an earlier ledger holds; fresh ones when not set. */
        public Builder audits(ShadowAudits audits) {
            this.audits = audits;
            return this;
        }

        /** Whether two answers say the same; {@link AgreementMatcher#EXACT} when not set. */
        public Builder agreement(AgreementMatcher agreement) {
            this.agreement = agreement;
            return this;
        }

        /** Replaces what must not leave where the policy wants that; the one that the policy's {@code redaction} describes when not set. */
        public Builder redactor(Redactor redactor) {
            this.redactor = redactor;
            return this;
        }

        /** Told about every query as one: the request as it came, and the answer that was taken or the error. */
        public Builder listeners(List<ChatModelListener> listeners) {
            this.listeners = listeners;
            return this;
        }

        /** Told what happens in every query on its way: {@code MicrometerRouting}, {@code OpenTelemetryRouting}, others. */
        public Builder routing(List<RoutingListener> routing) {
            this.routing = routing;
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
