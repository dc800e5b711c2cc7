package dev.outrider.tools.desk;

/** The shop's rules say no: the transaction is rolled back and the model reads the sentence. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Refusal(String sentence) {
        super(sentence, null, false, false);
    }
}
