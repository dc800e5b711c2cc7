package dev.outrider.slm;

import java.util.List;

/**
 * How likely a model is to go on in each of several ways, given that it goes on in one of them. At every place where ways part, the
 * probabilities of the tokens that go on are brought to a sum of 1; a token without an alternative has probability 1.
 *
 * @param first the model's probability of the token that all ways begin with, at temperature 1 and over the whole vocabulary; in [0, 1]
 * @param probabilities of the ways, in their order; their sum is 1
 * @param unresolved sum of those that were not told apart, each of which has an equal share of what its group has; in [0, 1]
 */
public record Ways(double first, List<Double> probabilities, double unresolved) {

    public Ways {
        probabilities = List.copyOf(probabilities);
    }
}
