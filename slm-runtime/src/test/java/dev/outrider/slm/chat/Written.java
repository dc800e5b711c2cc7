package dev.outrider.slm.chat;

import java.util.Arrays;
import java.util.stream.Collectors;

import dev.outrider.slm.tokenizer.Tokenizer;

/** Shows tokens as people read prompts. */
final class Written {

    private Written() {}

    /** All tokens in their written form. ASCII only: a character in several tokens would not survive. */
    static String of(Tokenizer tokenizer, int[] tokens) {
        return Arrays.stream(tokens).mapToObj(tokenizer::text).collect(Collectors.joining());
    }

    /** The same, the tokens that are decisions in brackets. */
    static String decisions(Tokenizer tokenizer, int[] answer, Completion completion) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < answer.length; i++) {
            String token = tokenizer.text(answer[i]);
            text.append(completion.isDecision(i) ? "[" + token + "]" : token);
        }
        return text.toString();
    }
}
