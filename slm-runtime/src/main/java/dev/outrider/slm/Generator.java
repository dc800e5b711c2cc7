package dev.outrider.slm;

import java.util.List;
import java.util.Optional;

/** Continues prompts; {@link SlmEngine} in earnest. */
@FunctionalInterface
interface Generator {

    /** As {@link SlmEngine#generate}. */
    Generation generate(int[] prompt, GenerationOptions options);

    /** As {@link SlmEngine#weigh}. */
    default Optional<Ways> weigh(int[] prompt, List<int[]> ways) {
        return Optional.empty();
    }
}
