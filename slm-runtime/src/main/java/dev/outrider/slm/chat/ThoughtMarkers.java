package dev.outrider.slm.chat;

import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * How thoughts are set apart from the answer that follows them, in tokens. Openings stand at the end of a prompt and count as part of the
 * answer when it is parsed, see {@link Prompt#opening}.
 *
 * @param opening what an answer with thoughts begins with
 * @param none what an answer without thoughts begins with; often nothing, sometimes an empty thought
 * @param end the written form of the marker behind the thoughts
 * @param endToken its token; {@link #SPELT_OUT} where the vocabulary has none and it is written in letters
 * @param closing what closes a thought that has to end here, marker and gap included
 * @param gap what stands between the marker and the answer; often nothing
 */
@SuppressWarnings("ArrayRecordComponent") // handed to an engine, never compared
public record ThoughtMarkers(int[] opening, int[] none, String end, int endToken, int[] closing, int[] gap) {

    /** In place of a token: the marker is ordinary text. */
    public static final int SPELT_OUT = -1;

    /**
     * The markers {@code <think>} and {@code </think>}.
     *
     * @param opening text that an answer with thoughts begins with
     * @param none text that an answer without thoughts begins with
     * @param before text in front of the closing marker where a thought is cut off
     * @param gap text between the closing marker and the answer
     */
    static ThoughtMarkers of(Tokenizer tokenizer, String opening, String none, String before, String gap) {
        return new ThoughtMarkers(
                tokenizer.encodeWithSpecialTokens(opening),
                tokenizer.encodeWithSpecialTokens(none),
                Markers.THINK_END,
                tokenizer.special(Markers.THINK_END).orElse(SPELT_OUT),
                tokenizer.encodeWithSpecialTokens(before + Markers.THINK_END + gap),
                tokenizer.encodeWithSpecialTokens(gap));
    }
}
