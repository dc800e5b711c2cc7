package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.gguf.Dequantize;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.GgufWriter;
import dev.outrider.slm.gguf.TensorType;

/**
 * A pretrained model of another team, SmolLM2-135M-Instruct, see docs/models.md. Skipped where {@code -Doutrider.smollm2} or
 * {@code SMOLLM2_GGUF} names no file.
 */
class SmolLm2Test {

    private static final int ANSWER = 64;

    private static final List<String> QUESTIONS = List.of(
            "What is the capital of France?",
            "Name three colours.",
            "Why is the sky blue?",
            "Write a haiku about autumn.",
            "What is 12 plus 30?",
            "Who wrote Hamlet?",
            "Explain gravity to a child.",
            "Translate 'good morning' to Spanish.",
            "List the planets of the solar system.",
            "What does HTTP stand for?",
            "Give me a recipe for pancakes.",
            "Write a Java method that adds two numbers.",
            "How many legs has a spider?",
            "Tell me a joke.",
            "What is photosynthesis?",
            "Summarize: The meeting was moved from Monday to Thursday at 3 pm.",
            "Is 17 a prime number?",
            "What's the opposite of 'cold'?",
            "Describe the sea in one sentence.",
            "Wie heißt die Hauptstadt von Österreich?");

    private static final Path MODEL =
            Path.of(System.getProperty("outrider.smollm2", String.valueOf(System.getenv("SMOLLM2_GGUF"))));

    @TempDir
    Path directory;

    @BeforeAll
    static void needsTheModel() {
        assumeTrue(Files.isRegularFile(MODEL), "needs SmolLM2, see docs/models.md, in -Doutrider.smollm2 or SMOLLM2_GGUF");
    }

    @Test
    void it_answers_a_question_in_its_own_format() {
        try (SlmChatModel model = SlmChatModel.builder().modelPath(MODEL).maxOutputTokens(24).build()) {
            ChatResponse response = model.chat(ChatRequest.builder()
                    .messages(SystemMessage.from("You answer in one short sentence."), UserMessage.from(QUESTIONS.getFirst()))
                    .build());
            assertThat(response.aiMessage().text()).contains("Paris");
        }
    }

    /**
     * llama.cpp rounds activations to eight bits before it multiplies them with quantised weights and this engine does not, so the weights
     * are unpacked for both: what is left to differ is the computation.
     */
    @Test
    @Tag("long")
    void greedy_answers_are_those_of_llama_cpp_for_twenty_questions() throws Exception {
        Oracle.needed();
        Path plain = directory.resolve("smollm2-f32.gguf");
        unpack(MODEL, plain);
        try (SlmEngine engine = SlmEngine.load(plain, 2)) {
            for (String question : QUESTIONS) {
                int[] prompt = engine.chatFormat().prompt(List.of(UserMessage.from(question)), List.of()).tokens();
                int[] answer = greedy(engine, prompt);
                // given our answer so far, llama.cpp must choose our next token: then its own greedy answer is the same
                float[][] logits = Oracle.logits(plain, concat(prompt, answer), directory);
                int[] expected = IntStream.range(0, answer.length)
                        .map(i -> Golden.argmax(logits[prompt.length - 1 + i]))
                        .toArray();
                assertThat(answer).as(question + ": " + engine.tokenizer().decode(answer)).isEqualTo(expected);
            }
        }
    }

    /** As the file is; of each token the question is which would come next after the same text. */
    @Test
    @Tag("long")
    void with_quantised_weights_nearly_every_token_is_that_of_llama_cpp() throws Exception {
        Oracle.needed();
        int same = 0;
        int all = 0;
        try (SlmEngine engine = SlmEngine.load(MODEL, 2)) {
            for (String question : QUESTIONS.subList(0, 8)) {
                int[] prompt = engine.chatFormat().prompt(List.of(UserMessage.from(question)), List.of()).tokens();
                int[] answer = greedy(engine, prompt);
                float[][] logits = Oracle.logits(MODEL, concat(prompt, answer), directory);
                for (int i = 0; i < answer.length; i++) {
                    all++;
                    same += Golden.argmax(logits[prompt.length - 1 + i]) == answer[i] ? 1 : 0;
                }
            }
        }
        assertThat(same / (double) all).as("%d of %d tokens", same, all).isGreaterThan(0.95);
    }

    private static int[] greedy(SlmEngine engine, int[] prompt) {
        return engine.generate(prompt, GenerationOptions.builder().maxTokens(ANSWER).build()).ids();
    }

    private static int[] concat(int[] prompt, int[] answer) {
        int[] whole = Arrays.copyOf(prompt, prompt.length + answer.length);
        System.arraycopy(answer, 0, whole, prompt.length, answer.length);
        return whole;
    }

    private static void unpack(Path from, Path to) {
        try (Gguf gguf = Gguf.open(from)) {
            Map<String, Object> metadata = new LinkedHashMap<>(gguf.metadata().asMap());
            metadata.put("general.file_type", 0);
            GgufWriter.write(to, metadata, gguf.tensors().values().stream().map(SmolLm2Test::unpacked).toList());
        }
    }

    private static GgufWriter.Tensor unpacked(GgufTensor tensor) {
        int columns = Math.toIntExact(tensor.dimensions().getFirst());
        return new GgufWriter.Tensor(tensor.name(), TensorType.F32, tensor.dimensions(), out -> {
            float[] row = new float[columns];
            ByteBuffer bytes = ByteBuffer.allocate(4 * columns).order(ByteOrder.LITTLE_ENDIAN);
            long rowBytes = (long) columns / tensor.type().valuesPerBlock() * tensor.type().bytesPerBlock();
            for (long at = 0; at < tensor.data().byteSize(); at += rowBytes) {
                Dequantize.values(tensor.type(), tensor.data(), at, columns, row, 0);
                bytes.asFloatBuffer().put(row);
                out.write(bytes.array());
            }
        });
    }
}
