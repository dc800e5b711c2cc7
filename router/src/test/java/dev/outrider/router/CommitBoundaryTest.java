package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.ledger.LedgerSchema;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.Workload;

/**
 * Throws random policies, answers and failures at the cascade, runs whatever calls come out, and checks what must hold
 * in every single case: nothing leaves for the LLM unannounced or against a rule, no call runs and no answer is handed
 * out before its decision is in the ledger, no rejected draft goes anywhere, no money stays set aside.
 */
class CommitBoundaryTest {

    private static final int ROUNDS = 3_000;
    private static final String DRAFT = "draft-7f3a";

    private final List<String> events = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();
    private final LedgerSchema schema = LedgerSchema.documented();

    CommitBoundaryTest() throws IOException {}

    @Test
    void nothing_leaves_before_or_without_its_decision() {
        long seed = new Random().nextLong();
        System.out.println("CommitBoundaryTest seed " + seed);
        Random random = new Random(seed);
        int accepted = 0;
        int escalated = 0;
        int refused = 0;
        int ledgerFailures = 0;
        for (int round = 0; round < ROUNDS; round++) {
            switch (oneQuery(random, "seed " + seed + ", round " + round)) {
                case null -> ledgerFailures++;
                case Accept a -> accepted++;
                case Decision.Escalate e -> escalated++;
                case Decision.Refuse r -> refused++;
            }
        }
        assertThat(List.of(accepted, escalated, refused, ledgerFailures))
                .as("every way out must have been taken")
                .allMatch(count -> count > ROUNDS / 50);
    }

    /** Returns how the query ended, or null when the ledger failed. */
    private @Nullable Decision oneQuery(Random random, String as) {
        events.clear();
        sent.clear();
        Shop shop = new Shop();
        boolean localOnly = random.nextInt(4) == 0;
        int failingWrite = random.nextInt(8) == 0 ? random.nextInt(3) : -1;
        Policy policy = Policies.changed(
                "limit: 5.00",
                random.nextInt(4) == 0 ? "limit: 0.001" : "limit: 5.00",
                "min-probability",
                "answer-locally-up-to: " + List.of("read", "write", "money").get(random.nextInt(3)) + "\n    min-probability",
                "max-attempts: 3",
                "max-attempts: 1",
                "  - name: money",
                localOnly
                        ? "  - {name: out, match: {min-messages: 1, request-matches: this}, then: escalate}\n"
                                + "  - {name: in, match: {request-matches: secret}, egress: local-only}\n  - name: money"
                        : random.nextInt(6) == 0
                                ? "  - {name: out, match: {request-matches: this}, then: escalate}\n  - name: money"
                                : "  - name: money");
        RecordingLedger ledger = new RecordingLedger(failingWrite);
        ChatModel remote = random.nextInt(10) == 0 ? null : randomLlm(random);
        CascadeChatModel model = CascadeChatModel.builder()
                .local(randomSlm(random))
                .remote(remote)
                .catalogue(shop.catalogue)
                .policy(policy)
                .ledger(ledger)
                .build();

        Decision decision = null;
        try {
            ChatResponse response = model.chat(shop.request("this is secret"));
            decision = ((CascadeChatResponseMetadata) response.metadata()).decision();
            for (ToolExecutionRequest call : response.aiMessage().toolExecutionRequests()) {
                assertThat(shop.catalogue.execute(call).succeeded()).as(as).isTrue();
                events.add("run");
            }
            if (!(decision instanceof Accept)) {
                assertThat(response.aiMessage().toString()).as(as).doesNotContain(DRAFT);
            }
        } catch (RefusedException e) {
            decision = e.decision();
            assertThat(e.getMessage()).as(as).doesNotContain("\n");
        } catch (LedgerException e) {
            assertThat(ledger.records).as(as).isEmpty();
        }

        check(decision, shop, ledger, model, policy, as);
        if (localOnly) {
            assertThat(sent).as(as + ": kept in the house").isEmpty();
        }
        return decision;
    }

    private void check(
            @Nullable Decision decision,
            Shop shop,
            RecordingLedger ledger,
            CascadeChatModel model,
            Policy policy,
            String as) {
        assertThat(sent).as(as).noneMatch(request -> request.contains(DRAFT));
        assertThat(model.budgets(CascadeAttributes.NONE).getFirst().leased()).as(as).isZero();
        int announced = 0;
        boolean recorded = false;
        for (String event : events) {
            switch (event) {
                case "announce" -> announced++;
                case "remote" -> assertThat(--announced).as(as + ": sent unannounced " + events).isNotNegative();
                case "record" -> recorded = true;
                default -> assertThat(recorded).as(as + ": ran before its record " + events).isTrue();
            }
        }
        if (decision == null) {
            assertThat(shop.done).as(as).isEmpty();
            return;
        }
        assertThat(ledger.records).as(as).singleElement().satisfies(record -> {
            assertThat(record.cost().remoteMicroUsd() > 0 ? record.remote() : this).isNotNull();
            assertThat(record.cost().failedLocalMicroUsd())
                    .isEqualTo(record.answeredLocally() ? 0 : record.cost().localMicroUsd());
        });
        DecisionRecord record = ledger.records.getFirst();
        assertThat(schema.violations(record)).as(as).isEmpty();
        assertThat(record.decision()).as(as).isEqualTo(decision);
        if (decision instanceof Accept accept) {
            Workload workload = policy.workloads().stream()
                    .filter(w -> w.name().equals(record.workload()))
                    .findFirst()
                    .orElseThrow();
            if (accept.basis().demandMet()) {
                assertThat(record.threshold()).as(as).isEqualTo(workload.demand().minProbability());
                assertThat(accept.confidence()).as(as).isGreaterThanOrEqualTo(record.threshold());
                assertThat(sent).as(as).isEmpty();
            } else {
                assertThat(workload.toleratesUnproved(record.effect())).as(as).isTrue();
            }
        }
        if (decision instanceof Decision.Refuse) {
            assertThat(shop.done).as(as).isEmpty();
        }
    }

    private static ChatModel randomSlm(Random random) {
        double probability = random.nextBoolean() ? 0.999 : Math.max(1e-9, random.nextDouble());
        String order = "{\"order_id\":\"" + DRAFT + "\"}";
        return switch (random.nextInt(10)) {
            case 0 -> ScriptedSlm.failing(new IllegalStateException("boom " + DRAFT));
            case 1 -> ScriptedSlm.answering(ScriptedSlm.text("<tool_call>" + DRAFT, probability));
            case 2 -> ScriptedSlm.answering(ScriptedSlm.call("unknown", order, probability));
            case 3 -> ScriptedSlm.answering(ScriptedSlm.call("refund_order", order, probability));
            case 4 -> ScriptedSlm.answering(ScriptedSlm.response(AiMessage.from(DRAFT), FinishReason.LENGTH,
                    probability));
            case 5 -> ScriptedSlm.answering(ScriptedSlm.call("cancel_order", order, probability));
            case 6 -> ScriptedSlm.answering(ScriptedSlm.call(
                    "refund_order", "{\"order_id\":\"" + DRAFT + "\",\"amount\":5.5}", probability));
            case 7 -> ScriptedSlm.answering(ChatResponse.builder().aiMessage(AiMessage.from(DRAFT)).build());
            case 8 -> ScriptedSlm.answering(ScriptedSlm.text(DRAFT, probability));
            default -> ScriptedSlm.answering(ScriptedSlm.call("get_order", order, probability));
        };
    }

    private ChatModel randomLlm(Random random) {
        int[] moods = {random.nextInt(6), random.nextInt(6)};
        return new ChatModel() {
            private int asked;

            @Override
            public ChatResponse doChat(ChatRequest request) {
                events.add("remote");
                sent.add(request.toString());
                ChatResponse.Builder answer = ChatResponse.builder();
                switch (moods[Math.min(asked++, 1)]) {
                    case 0 -> throw new IllegalStateException("garbage");
                    case 1 -> answer.aiMessage(AiMessage.from(ScriptedSlm.toolCall("cancel_order", "{\"order\":1}")));
                    case 2 -> answer.aiMessage(AiMessage.from(
                            ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-2\"}")));
                    case 3 -> answer.aiMessage(AiMessage.from(
                                    ScriptedSlm.toolCall("refund_order", "{\"order_id\":\"ORD-2\",\"amount\":1}")))
                            .tokenUsage(new TokenUsage(100_000_000, 1));
                    case 4 -> answer.aiMessage(AiMessage.from("Fine.")).tokenUsage(new TokenUsage(5, 5));
                    default -> answer.aiMessage(AiMessage.from(ScriptedSlm.toolCall("nothing_like_it", "{}")));
                }
                return answer.build();
            }
        };
    }

    /** Keeps the order of writes; one of them fails when the test wishes it. */
    private final class RecordingLedger implements Ledger {

        private final List<DecisionRecord> records = new ArrayList<>();
        private final int failingWrite;
        private int writes;

        private RecordingLedger(int failingWrite) {
            this.failingWrite = failingWrite;
        }

        @Override
        public void append(DecisionRecord record) {
            write("record");
            records.add(record);
        }

        @Override
        public void announce(EgressNotice notice) {
            write("announce");
        }

        private void write(String event) {
            if (writes++ == failingWrite) {
                throw new LedgerException("disk full");
            }
            events.add(event);
        }
    }
}
