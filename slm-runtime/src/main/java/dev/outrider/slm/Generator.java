package dev.outrider.slm;

/** Continues prompts; {@link SlmEngine} in earnest. */
@FunctionalInterface
interface Generator {

    /** As {@link SlmEngine#generate}. */
    Generation generate(int[] prompt, GenerationOptions options);
}
