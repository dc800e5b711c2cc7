package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.remote.RelayingChatModel;

/**
 * Streams random answers of both models through the cascade, with errors and cancels at random points and models that
 * write from threads of their own, and checks in every case: no token of a rejected answer and no call of one reaches
 * the handler, no call leaves before its record, two answers are never mixed, there is one end or none after a cancel,
 * one record, and nothing stays set aside.
 */
class StreamingCommitBoundaryTest {

    private static final int ROUNDS = 1_500;

    /** Stands in every draft of the SLM. */
    private static final String DRAFT = "draft-7f3a";

    /** Begins every answer of the LLM, followed by the number of the request. */
    private static final String LLM = "llm-answer-";

    private static final String ORDER = "{\"order_id\":\"" + DRAFT + "\"}";

    private final Shop shop = new Shop();

    @Test
    void no_token_and_no_call_of_a_rejected_answer_ever_leaves() throws InterruptedException {
        long seed = new Random().nextLong();
        System.out.println("StreamingCommitBoundaryTest seed " + seed);
        Random random = new Random(seed);
        AtomicInteger[] ways = new AtomicInteger[5];
        for (int i = 0; i < ways.length; i++) {
            ways[i] = new AtomicInteger();
        }
        for (int round = 0; round < ROUNDS; round++) {
            ways[oneQuery(new Random(random.nextLong()), "seed " + seed + ", round " + round)].incrementAndGet();
        }
        assertThat(ways).as("accepted, escalated, refused, no ledger, cancelled").allMatch(n -> n.get() > ROUNDS / 50);
    }

    private int oneQuery(Random random, String as) throws InterruptedException {
        Book book = new Book(random.nextInt(8) == 0 ? random.nextInt(3) : -1);
        AtomicInteger requests = new AtomicInteger();
        CascadeChatModel cascade = CascadeChatModel.builder()
                .local(slm(random))
                .remote(llm(random, requests))
                .catalogue(shop.catalogue)
                .policy(Policies.changed("max-attempts: 3", "max-attempts: 2", "first-wait: 500ms", "first-wait: 1ms",
                        "limit: 5.00", random.nextInt(6) == 0 ? "limit: 0.001" : "limit: 5.00"))
                .ledger(book)
                .build();
        int cancelAt = random.nextInt(4) == 0 ? random.nextInt(4) : -1;
        boolean handlerThrows = random.nextInt(10) == 0;
        Told told = new Told((t, event) -> {
            if (event instanceof CompleteToolCall) {
                assertThat(book.record).as(as + ": a call before its record").isNotNull();
            }
            if (event instanceof PartialResponseContext context && t.events.size() == cancelAt) {
                context.streamingHandle().cancel();
            } else if (handlerThrows && event instanceof PartialResponseContext) {
                throw new HandlerFailed();
            }
        });
        StreamingHandle handle = CascadeStreamingChatModel.of(cascade)
                .start(shop.request("Go."), ChatRequestOptions.EMPTY, told);
        if (cancelAt == 0) {
            handle.cancel();
        }
        assertThat(book.ended.await(30, TimeUnit.SECONDS)).as(as + ": no end of the query").isTrue();
        while (!told.ended() && !handle.isCancelled()) {
            Thread.onSpinWait();
        }
        check(told, handle, book, requests.get(), as);
        awaitNothingLeased(cascade, as);
        return way(book.record, handle);
    }

    private static int way(@Nullable DecisionRecord record, StreamingHandle handle) {
        if (handle.isCancelled()) {
            return 4;
        }
        return switch (record == null ? null : record.decision()) {
            case null -> 3;
            case Decision.Accept accept -> 0;
            case Decision.Escalate escalate -> 1;
            case Decision.Refuse refuse -> 2;
        };
    }

    private void check(Told told, StreamingHandle handle, Book book, int requests, String as) {
        String story = as + ": " + told.events + ", " + requests + " requests, record " + book.record;
        List<Object> events = told.events.stream().filter(e -> !(e instanceof HandlerFailed)).toList();
        boolean accepted = book.record != null && book.record.decision() instanceof Decision.Accept;
        boolean escalated = book.record != null && book.record.decision() instanceof Decision.Escalate;
        if (!accepted) {
            assertThat(events.toString()).as(story).doesNotContain(DRAFT);
        }
        long ends = events.stream().filter(e -> e instanceof ChatResponse || e instanceof Throwable).count();
        assertThat(ends).as(story).isLessThanOrEqualTo(1);
        if (!handle.isCancelled()) {
            assertThat(ends).as(story).isEqualTo(1);
            assertThat(events.getLast()).as(story).isInstanceOfAny(ChatResponse.class, Throwable.class);
        }
        assertThat(told.text().split(LLM, -1)).as(story + ": two answers mixed").hasSizeLessThanOrEqualTo(2);
        ChatResponse response = told.response();
        if (response != null) {
            assertThat(accepted || escalated).as(story).isTrue();
            String text = response.aiMessage().text();
            assertThat(told.text()).as(story).isEqualTo(text == null ? "" : text);
            assertThat(told.calls().stream().map(CompleteToolCall::toolExecutionRequest))
                    .as(story)
                    .isEqualTo(response.aiMessage().toolExecutionRequests());
        } else if (!handle.isCancelled()) {
            assertThat(told.calls()).as(story).isEmpty();
            assertThat(told.error()).as(story).isInstanceOfAny(RefusedException.class, LedgerException.class);
            assertThat(Objects.requireNonNull(told.error()).getMessage()).as(story).doesNotContain("\n").doesNotContain(DRAFT);
        }
    }

    private static void awaitNothingLeased(CascadeChatModel cascade, String as) throws InterruptedException {
        for (int i = 0; i < 30_000 && cascade.budgets(CascadeAttributes.NONE).getFirst().leased() != 0; i++) {
            Thread.sleep(1);
        }
        assertThat(cascade.budgets(CascadeAttributes.NONE).getFirst().leased()).as(as).isZero();
    }

    private static ChatModel slm(Random random) {
        double probability = random.nextInt(3) == 0 ? 0.999 : Math.max(1e-9, random.nextDouble());
        ChatResponse answer = switch (random.nextInt(6)) {
            case 0 -> ScriptedSlm.text("<tool_call>" + DRAFT, probability);
            case 1 -> ScriptedSlm.call("unknown", ORDER, probability);
            case 2 -> ScriptedSlm.call("cancel_order", ORDER, probability);
            case 3 -> ScriptedSlm.response(AiMessage.from(DRAFT), FinishReason.LENGTH, probability);
            case 4 -> ScriptedSlm.text(DRAFT + " in a few words", probability);
            default -> ScriptedSlm.call("get_order", ORDER, probability);
        };
        int mood = random.nextInt(10);
        return ScriptedSlm.doing(request -> {
            if (mood == 0) {
                throw new IllegalStateException("boom");
            }
            if (mood == 1 && Thread.currentThread().isInterrupted()) {
                throw new CancellationException("stopped");
            }
            return answer;
        });
    }

    /** An LLM whose stream is written by the calling thread or by another one, and which may fail at any point. */
    private static ChatModel llm(Random random, AtomicInteger requests) {
        long seed = random.nextLong();
        RuleModel whole = new RuleModel(1);
        return new RelayingChatModel(whole, new StreamingChatModel() {
            @Override
            public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
                int number = requests.incrementAndGet();
                Random mood = new Random(seed + number);
                Handle below = new Handle();
                Runnable writing = () -> write(number, mood, below, handler);
                if (mood.nextBoolean()) {
                    writing.run();
                } else {
                    Thread.startVirtualThread(writing);
                }
            }
        });
    }

    private static void write(int number, Random mood, Handle below, StreamingChatResponseHandler handler) {
        String text = LLM + number + " in a few words";
        int failAt = mood.nextInt(3) == 0 ? mood.nextInt(6) : -1;
        AiMessage answer = switch (mood.nextInt(6)) {
            case 0 -> AiMessage.from(ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-2\"}"));
            case 1 -> AiMessage.from(ScriptedSlm.toolCall("cancel_order", "{\"order\":1}"));
            case 2 -> AiMessage.from(text, List.of(ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-2\"}")));
            case 3 -> AiMessage.from(text, List.of(ScriptedSlm.toolCall("cancel_order", "{\"order\":1}")));
            case 4 -> AiMessage.from(text + " <tool_call>{}");
            default -> AiMessage.from(text);
        };
        String[] pieces = answer.text() == null ? new String[0] : answer.text().split("(?<= )");
        for (int i = 0; i <= pieces.length; i++) {
            if (i == failAt) {
                handler.onError(new UncheckedIOException(new IOException("connection reset")));
                if (mood.nextBoolean()) {
                    return;
                }
            }
            if (below.isCancelled()) {
                return;
            }
            if (i < pieces.length) {
                handler.onPartialResponse(new PartialResponse(pieces[i]), new PartialResponseContext(below));
            }
        }
        handler.onCompleteResponse(ChatResponse.builder()
                .aiMessage(answer)
                .tokenUsage(new TokenUsage(5, 5))
                .finishReason(mood.nextInt(10) == 0 ? null : FinishReason.STOP)
                .build());
    }

    private static final class Handle implements StreamingHandle {

        private final AtomicBoolean cancelled = new AtomicBoolean();

        @Override
        public void cancel() {
            cancelled.set(true);
        }

        @Override
        public boolean isCancelled() {
            return cancelled.get();
        }
    }

    private static final class HandlerFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Keeps the record; one write fails when the test wishes it. */
    private static final class Book implements Ledger {

        private final int failingWrite;
        private final AtomicInteger writes = new AtomicInteger();
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile @Nullable DecisionRecord record;

        private Book(int failingWrite) {
            this.failingWrite = failingWrite;
        }

        @Override
        public void append(DecisionRecord decision) {
            try {
                write();
                assertThat(record).as("two records of one query").isNull();
                record = decision;
            } finally {
                ended.countDown();
            }
        }

        @Override
        public void announce(EgressNotice notice) {
            try {
                write();
            } catch (LedgerException e) {
                // the query ends here: a ledger that failed is not written again
                ended.countDown();
                throw e;
            }
        }

        private void write() {
            if (writes.getAndIncrement() == failingWrite) {
                throw new LedgerException("disk full");
            }
        }
    }
}
