package dev.outrider.slm.chat;

import dev.outrider.slm.tokenizer.Tokenizer;

/** Shows tokens as people read prompts. */
final class Written {

    private Written() {}

    /** Every token in its written form, the decisions in brackets. */
    static String decisions(Tokenizer tokenizer, int[] answer, Completion completion) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < answer.length; i++) {
            String token = tokenizer.text(answer[i]);
            text.append(completion.isDecision(i) ? "[" + token + "]" : token);
        }
        return text.toString();
    }
}
