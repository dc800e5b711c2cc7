package dev.outrider.evals.convert;

import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Interval;

/**
 * A kind of query and how replaceable it is.
 *
 * @param name made of the form of its answers and the words that tell its prompts from others
 * @param shape form of the answers
 * @param queries its members
 * @param groups conversations that they come from
 * @param charactersIn median length of the prompts
 * @param charactersOut median length of the answers
 * @param measured members on which the SLM was measured
 * @param now share of these that the SLM has right today; null when it was not measured
 * @param afterTraining estimated share that training can reach
 * @param afterTrainingCi 95 %, Wilson over the conversations
 */
public record Kind(
        String name,
        Shape shape,
        List<AgentQuery> queries,
        int groups,
        long charactersIn,
        long charactersOut,
        int measured,
        @Nullable Double now,
        double afterTraining,
        Interval afterTrainingCi) {

    public Kind {
        queries = List.copyOf(queries);
    }
}
