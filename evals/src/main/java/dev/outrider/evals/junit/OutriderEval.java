package dev.outrider.evals.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a suite through a cascade once for the annotated test class, and hands the {@link Evaluation} to every test method that has a
 * parameter of that type.
 *
 * <pre>{@code
 * @OutriderEval(suite = "src/test/resources/my-suite.jsonl", subject = MyCascade.class)
 * class ReplacementTest {
 *     @Test
 *     void enoughIsReplacedAndNothingGotWorse(Evaluation evaluation) {
 *         assertTrue(evaluation.replacementRate() >= 0.4);
 *         evaluation.assertEndAccuracyNotInferior(0.02);
 *     }
 * }
 * }</pre>
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OutriderEvalExtension.class)
public @interface OutriderEval {

    /** Suites: a file, a folder, a glob, or {@code desk}; as for {@code outrider eval}. */
    String[] suite();

    /** What is measured; a class with a constructor without parameters. */
    Class<? extends EvalSubject> subject();

    /** About so many cases, whole tasks drawn by chance; 0 takes all. */
    int sample() default 0;

    /** Seed of everything that is drawn by chance. */
    long seed() default 1;

    /** Where report.html, report.json and report.md go; empty writes none. */
    String reports() default "";
}
