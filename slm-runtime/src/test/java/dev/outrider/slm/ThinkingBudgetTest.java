package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.UserMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.chat.Prompt;
import dev.outrider.slm.chat.ThinkingSwitch;
import dev.outrider.slm.chat.ThoughtMarkers;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

class ThinkingBudgetTest {

    private static final Set<Integer> STOP = Set.of(4);

    private final Tokenizer tokenizer = TestVocabulary.outrider();
    private final ChatFormat format = ChatFormats.of(
            GgufMetadata.of("m.gguf", Map.of("outrider.chat_format", "outrider-1", "outrider.thinking", true)), tokenizer);
    private final ThoughtMarkers markers = format.thoughts().orElseThrow();

    /** Letters in place of a token, as in vocabularies without one. */
    private final ThoughtMarkers spelt = new ThoughtMarkers(
            ids("<think>\n"), ids("<think></think>"), "</think>", ThoughtMarkers.SPELT_OUT, ids(".\n</think>\n\n"), ids("\n\n"));

    @Test
    void aThoughtWithinTheBudgetIsTheModelsOwnAffair() {
        ThinkingBudget budget = budget(markers, 10, null);
        int[] thought = ids("let me");
        for (int token : thought) {
            assertThat(allows(budget.mask(100), token)).isTrue();
            budget.accept(token);
            assertThat(budget.forced()).isEmpty();
        }
        assertThat(budget.isAnswering()).isFalse();
        budget.accept(markers.endToken());
        assertThat(budget.isAnswering()).isTrue();
        assertThat(budget.isCut()).isFalse();
        assertThat(budget.spent()).isEqualTo(thought.length);
        assertThat(budget.mask(50)).isNull();
    }

    @Test
    void aThoughtDoesNotEndTheAnswer() {
        long[] mask = budget(markers, 10, null).mask(100);
        assertThat(allows(mask, 4)).isFalse();
        assertThat(IntStream.range(0, tokenizer.vocabularySize()).filter(token -> allows(mask, token)).count())
                .isEqualTo(tokenizer.vocabularySize() - 1);
    }

    @Test
    void aSpentBudgetForcesTheMarkerAndHandsOver() {
        Recording answer = new Recording();
        ThinkingBudget budget = budget(spelt, 3, answer);
        int[] thought = ids("abc xyz why");
        for (int i = 0; i < 3; i++) {
            budget.accept(thought[i]);
        }
        assertThat(budget.forced()).isEqualTo(spelt.closing());
        IntStream.of(spelt.closing()).forEach(budget::accept);
        assertThat(budget.isCut()).isTrue();
        assertThat(budget.isAnswering()).isTrue();
        assertThat(budget.spent()).isEqualTo(3);
        assertThat(answer.seen).isEmpty();
        assertThat(budget.mask(7)).isSameAs(answer.allowed);
        budget.accept(20);
        assertThat(answer.seen).containsExactly(20);
        assertThat(budget.isOver()).isTrue();
    }

    @Test
    void theTokensOfTheAnswerAreNotThoughtAway() {
        ThinkingBudget budget = new ThinkingBudget(spelt, tokenizer, STOP, 1000, 5, null);
        int closing = spelt.closing().length;
        assertThat(budget.mask(6 + closing)).isNotNull();
        assertThat(budget.isCut()).isFalse();
        budget.accept(ids("a")[0]);
        long[] mask = budget.mask(5 + closing);
        assertThat(IntStream.range(0, tokenizer.vocabularySize()).filter(token -> allows(mask, token)))
                .containsExactly(spelt.closing()[0]);
        budget.accept(spelt.closing()[0]);
        assertThat(IntStream.concat(IntStream.of(spelt.closing()[0]), IntStream.of(budget.forced())))
                .containsExactly(IntStream.of(spelt.closing()).boxed().toArray(Integer[]::new));
        assertThat(budget.spent()).isEqualTo(1);
    }

    @Test
    void aMarkerInLettersIsFoundWhereverTokensBeginAndItsTokensAreNoThought() {
        for (String between : List.of("", "\n", ".\n", "<", "</", "</thin", "</th</think")) {
            ThinkingBudget budget = budget(spelt, 100, null);
            // letter by letter: no token of the marker holds a piece of the thought
            int thought = 0;
            for (char c : ("so" + between + "</think>").toCharArray()) {
                assertThat(budget.isAnswering()).isFalse();
                budget.accept(ids(String.valueOf(c))[0]);
                thought++;
            }
            assertThat(budget.isAnswering()).as(between).isTrue();
            assertThat(budget.spent()).isEqualTo(thought - "</think>".length());
        }
    }

    @Test
    void theGapBehindAMarkerThatTheModelWroteIsForcedForAGrammarAlone() {
        Recording answer = new Recording();
        ThinkingBudget budget = budget(spelt, 100, answer);
        IntStream.of(ids("a")).forEach(budget::accept);
        for (char c : "</think>".toCharArray()) {
            budget.accept(ids(String.valueOf(c))[0]);
        }
        assertThat(budget.forced()).isEqualTo(spelt.gap());
        IntStream.of(spelt.gap()).forEach(budget::accept);
        assertThat(answer.seen).isEmpty();
        assertThat(budget.isAnswering()).isTrue();
    }

    @Test
    void impossibleBudgetsAreRefused() {
        assertThatThrownBy(() -> budget(markers, 0, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 0 tokens")
                .hasMessageNotContaining("\n");
    }

    @Test
    void formatsOpenAThoughtWhereTheyAreAskedToAndTheModelCan() {
        List<dev.langchain4j.data.message.ChatMessage> messages = List.of(UserMessage.from("Hello"));
        Prompt on = format.prompt(messages, List.of(), ThinkingSwitch.ON);
        assertThat(tokenizer.written(on.opening())).isEqualTo("<think>");
        assertThat(on.thinks()).isTrue();
        Prompt off = format.prompt(messages, List.of(), ThinkingSwitch.OFF);
        assertThat(off.opening()).isEmpty();
        assertThat(off.thinks()).isFalse();
        ChatFormat without =
                ChatFormats.of(GgufMetadata.of("m.gguf", Map.of("outrider.chat_format", "outrider-1")), tokenizer);
        assertThat(without.thoughts()).isEmpty();
        assertThat(without.prompt(messages, List.of(), ThinkingSwitch.ON).thinks()).isFalse();
        ChatFormat chatMl = ChatFormats.of(
                GgufMetadata.of("m.gguf", Map.of("tokenizer.chat_template", "{% if enable_thinking %}")), tokenizer);
        assertThat(tokenizer.written(chatMl.prompt(messages, List.of(), ThinkingSwitch.ON).opening())).isEqualTo("<think>\n");
        assertThat(tokenizer.written(chatMl.prompt(messages, List.of(), ThinkingSwitch.OFF).opening()))
                .isEqualTo("<think>\n\n</think>\n\n");
        assertThat(chatMl.prompt(messages, List.of()).opening()).isEmpty();
        int[] answer = tokenizer.encodeWithSpecialTokens("<think>\n\n</think>\n\nYes.<|im_end|>");
        assertThat(chatMl.parse(answer).reply()).isEqualTo(new dev.outrider.slm.chat.Reply.Text("Yes."));
        assertThat(chatMl.parse(answer).thinkingTokens()).isZero();
    }

    /** A model of random weights never closes a thought by itself, and rambles after every budget. */
    @Test
    void onARealEngineEveryThoughtIsClosedInTimeAndAnAnswerFollows(@TempDir Path directory) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (SlmEngine engine = SlmEngine.load(Golden.copy("f32-2.gguf", directory), 1)) {
            Tokenizer words = engine.tokenizer();
            ThoughtMarkers letters = new ThoughtMarkers(
                    words.encode("<think>\n"),
                    new int[0],
                    "</think>",
                    ThoughtMarkers.SPELT_OUT,
                    words.encode(".\n</think>\n\n"),
                    words.encode("\n\n"));
            for (int i = 0; i < 20; i++) {
                int most = 1 + random.nextInt(40);
                int reserve = random.nextInt(10);
                int maxTokens = letters.closing().length + reserve + 1 + random.nextInt(40);
                ThinkingBudget budget = new ThinkingBudget(letters, words, engine.endTokens(), most, reserve, null);
                Generation generation = engine.generate(
                        words.encode("Think" + i),
                        GenerationOptions.builder().maxTokens(maxTokens).temperature(1.5).seed(i).constraint(budget).build());
                String text = words.written(generation.ids());
                assertThat(text).as("seed %d, run %d", seed, i).contains("</think>");
                assertThat(budget.isAnswering()).isTrue();
                assertThat(budget.spent()).isBetween(1, most);
                int behind = generation.ids().length - budget.spent() - letters.closing().length;
                assertThat(behind).isGreaterThanOrEqualTo(generation.finish() == Generation.Finish.LENGTH ? reserve : 0);
            }
        }
    }

    private ThinkingBudget budget(ThoughtMarkers which, int most, @Nullable TokenConstraint answer) {
        return new ThinkingBudget(which, tokenizer, STOP, most, 0, answer);
    }

    private int[] ids(String text) {
        return tokenizer.encode(text);
    }

    private static boolean allows(long @Nullable [] mask, int token) {
        return mask == null || (mask[token >> 6] >>> token & 1) != 0;
    }

    /** An answer of one token. */
    private static final class Recording implements TokenConstraint {

        private final long[] allowed = {1};
        private final List<Integer> seen = new ArrayList<>();

        @Override
        public long[] mask(int remaining) {
            return allowed;
        }

        @Override
        public int[] forced() {
            return new int[0];
        }

        @Override
        public void accept(int token) {
            seen.add(token);
        }

        @Override
        public boolean isOver() {
            return !seen.isEmpty();
        }
    }
}
