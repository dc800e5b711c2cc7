package dev.outrider.slm;

/** Receives the logits of successive positions, in order. */
@FunctionalInterface
public interface LogitsSink {

    /**
     * @param position the position of the token whose successor these logits predict, from 0
     * @param logits one value per vocabulary entry; the array is reused after the call returns, so copy what you keep
     */
    void accept(int position, float[] logits);
}
