package dev.outrider.slm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Writes given answers as an engine would, token by token and with the options obeyed: whatever a trained model might
 * write can be tested without training one that writes it.
 */
final class ScriptedGenerator implements Generator {

    private final Tokenizer tokenizer;
    private final Function<String, List<String>> answers;
    private final List<int[]> prompts = new ArrayList<>();
    private final List<GenerationOptions> options = new ArrayList<>();

    /** Gives these answers one after the other. */
    ScriptedGenerator(Tokenizer tokenizer, String... answers) {
        Deque<String> queue = new ArrayDeque<>(List.of(answers));
        this(tokenizer, (UnaryOperator<String>) prompt -> queue.remove());
    }

    /** Answers by the written form of the prompt. */
    ScriptedGenerator(Tokenizer tokenizer, UnaryOperator<String> answers) {
        this.tokenizer = tokenizer;
        this.answers = prompt -> List.of(answers.apply(prompt));
    }

    private ScriptedGenerator(Function<String, List<String>> answers, Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.answers = answers;
    }

    /** Answers by the written form of the prompt: what it would like to say best, or else what it may begin with. */
    static ScriptedGenerator withSecondThoughts(Tokenizer tokenizer, Function<String, List<String>> answers) {
        return new ScriptedGenerator(answers, tokenizer);
    }

    @Override
    public synchronized Generation generate(int[] prompt, GenerationOptions options) {
        prompts.add(prompt);
        this.options.add(options);
        int[] answer = answers.apply(tokenizer.written(prompt)).stream()
                .map(tokenizer::encodeWithSpecialTokens)
                .filter(wanted -> allows(options.constraint(), wanted[0], options.maxTokens()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the constraint forbids every answer"));
        List<GeneratedToken> tokens = new ArrayList<>();
        for (int id : answer) {
            if (options.cancelled().getAsBoolean()) {
                return generation(tokens, Generation.Finish.CANCELLED, prompt.length);
            }
            obey(options.constraint(), id, options.maxTokens() - tokens.size());
            tokens.add(new GeneratedToken(id, -0.125 * (tokens.size() + 1), 0.5, 0, 0.01));
            options.listener().accept(tokens.getLast());
            if (Objects.requireNonNull(options.stopTokens()).contains(id) || options.stopAfter().test(id)) {
                return generation(tokens, Generation.Finish.STOP, prompt.length);
            }
            if (tokens.size() == options.maxTokens()) {
                break;
            }
        }
        return generation(tokens, Generation.Finish.LENGTH, prompt.length);
    }

    /** A script that a constraint forbids is no answer that an engine could give. */
    private void obey(@Nullable TokenConstraint constraint, int id, int remaining) {
        if (constraint != null) {
            if (!allows(constraint, id, remaining)) {
                throw new AssertionError("the constraint forbids '" + tokenizer.written(new int[] {id}) + "'");
            }
            constraint.accept(id);
        }
    }

    private static boolean allows(@Nullable TokenConstraint constraint, int id, int remaining) {
        long[] mask = constraint == null ? null : constraint.mask(remaining);
        return mask == null || (mask[id >> 6] >>> id & 1) != 0;
    }

    private Generation generation(List<GeneratedToken> tokens, Generation.Finish finish, int promptTokens) {
        int[] ids = tokens.stream().mapToInt(GeneratedToken::id).toArray();
        return new Generation(tokens, tokenizer.decode(ids), finish, promptTokens, 0, 0.25, 0.5);
    }

    /** The latest prompt in written form. */
    String prompt() {
        return tokenizer.written(prompts.getLast());
    }

    int promptTokens() {
        return prompts.getLast().length;
    }

    GenerationOptions options() {
        return options.getLast();
    }
}
