package dev.outrider.slm.cuda.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.cuda.kernels.KernelLibrary.Size;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.TokenChoice;

class ChoiceKernelsTest {

    private static KernelLibrary kernels;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeAll
    static void compile() {
        kernels = KernelLibrary.load();
    }

    @Test
    void tokens_and_evidence_are_those_of_the_processor() {
        for (int round = 0; round < 6; round++) {
            int vocabulary = 1 + random.nextInt(round == 0 ? 5 : 3000);
            int rows = 4;
            float[] logits = Memory.gaussian(random, rows * vocabulary);
            float width = random.nextFloat() * 6;
            for (int i = 0; i < logits.length; i++) {
                // equal logits too: ties decide at the edge of the nucleus
                logits[i] = round % 2 == 0 ? logits[i] * width : Math.round(logits[i] * 3) / 2f;
            }
            List<ChoiceRequest> requests = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                float temperature = row == 0 ? 0 : 0.2f + 2 * random.nextFloat();
                float topP = row == 1 ? 1 : 0.05f + 0.95f * random.nextFloat();
                long own = random.nextLong();
                int position = random.nextInt(100_000);
                requests.add(
                        random.nextBoolean()
                                ? ChoiceRequest.of(temperature, topP, own, position)
                                : new ChoiceRequest(temperature, topP, own, position, mask(vocabulary, random.nextInt(4))));
            }
            compare(logits, rows, vocabulary, requests);
        }
    }

    @Test
    void infinite_logits_and_masks_that_forbid_everything_leave_no_token() {
        float[] logits = {1, 2, Float.NaN, 3, 1, 2, Float.POSITIVE_INFINITY, 3, Float.NEGATIVE_INFINITY, 2, 1, 0, 1, 2, 3, 4};
        List<ChoiceRequest> requests = List.of(
                ChoiceRequest.GREEDY,
                ChoiceRequest.GREEDY,
                ChoiceRequest.of(1, 0.9f, 3, 4),
                new ChoiceRequest(1, 1, 3, 4, new long[1]));
        TokenChoice[] choices = compare(logits, 4, 4, requests);
        assertThat(choices[0].token()).isEqualTo(-1);
        assertThat(choices[1].token()).isEqualTo(-1);
        assertThat(choices[2].token()).isIn(1, 2);
        assertThat(choices[3].token()).isEqualTo(-1);
    }

    private long[] mask(int vocabulary, int sparsity) {
        long[] mask = new long[Math.ceilDiv(vocabulary, 64)];
        for (int i = 0; i < vocabulary; i++) {
            if (random.nextInt(1 << 2 * sparsity) == 0) {
                mask[i / 64] |= 1L << i;
            }
        }
        return mask;
    }

    private TokenChoice[] compare(float[] logits, int rows, int vocabulary, List<ChoiceRequest> requests) {
        TokenChoice[] expected = new TokenChoice[rows];
        try (CpuTwin cpu = new CpuTwin()) {
            cpu.backend.choose(cpu.rows(logits, vocabulary), rows, vocabulary, requests, expected);
        }
        TokenChoice[] actual = choose(logits, rows, vocabulary, requests);
        for (int row = 0; row < rows; row++) {
            String what = "row %d of %d logits, %s, seed %d".formatted(row, vocabulary, requests.get(row), seed);
            assertThat(actual[row].token()).as(what).isEqualTo(expected[row].token());
            if (expected[row].token() < 0) {
                assertThat(actual[row]).as(what).isEqualTo(TokenChoice.NONE);
                continue;
            }
            assertThat(actual[row].logProbability())
                    .as(what)
                    .isCloseTo(expected[row].logProbability(), within(1e-5f * (1 - expected[row].logProbability())));
            assertThat(actual[row].top2Margin()).as(what).isCloseTo(expected[row].top2Margin(), within(1e-5f));
            assertThat(actual[row].maskedMass()).as(what).isCloseTo(expected[row].maskedMass(), within(1e-5f));
        }
        return actual;
    }

    private TokenChoice[] choose(float[] logits, int rows, int vocabulary, List<ChoiceRequest> requests) {
        MemorySegment packed = Memory.bytes(32L * rows);
        int words = Math.ceilDiv(vocabulary, 64) * 2;
        MemorySegment masks = Memory.bytes(4L * words * rows);
        for (int row = 0; row < rows; row++) {
            ChoiceRequest request = requests.get(row);
            packed.set(JAVA_FLOAT, 32L * row, request.temperature());
            packed.set(JAVA_FLOAT, 32L * row + 4, request.topP());
            long[] mask = request.mask();
            packed.set(JAVA_INT, 32L * row + 8, mask == null ? -1 : row * words);
            packed.set(JAVA_LONG, 32L * row + 16, request.seed());
            packed.set(JAVA_LONG, 32L * row + 24, request.position());
            if (mask != null) {
                MemorySegment.copy(mask, 0, masks, JAVA_LONG, 4L * words * row, words / 2);
            }
        }
        int parts = 1 + random.nextInt(7);
        MemorySegment in = Memory.of(logits);
        MemorySegment stats = Memory.bytes(48L * parts * rows);
        MemorySegment choices = Memory.bytes(16L * rows);
        MemorySegment next = Memory.of(new int[rows]);
        kernels.launch("logits_stats", Size.of(parts, rows), 256, 0, in, vocabulary, packed, masks, stats);
        // sums of doubles in shared memory come in any order, so scratch memory may differ in its last bits
        kernels.launchOnce(
                "logits_choose", Size.of(rows), 1024, 0,
                in, vocabulary, packed, masks, stats, parts, Memory.bytes(8L * rows * vocabulary), choices, next);
        TokenChoice[] out = new TokenChoice[rows];
        for (int row = 0; row < rows; row++) {
            out[row] = new TokenChoice(
                    choices.get(JAVA_INT, 16L * row),
                    choices.get(JAVA_FLOAT, 16L * row + 4),
                    choices.get(JAVA_FLOAT, 16L * row + 8),
                    choices.get(JAVA_FLOAT, 16L * row + 12));
            assertThat(next.get(JAVA_INT, 4L * row)).isEqualTo(out[row].token());
        }
        return out;
    }
}
