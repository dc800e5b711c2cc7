package dev.outrider.tools;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says what a {@link dev.langchain4j.agent.tool.Tool} method does to the world. A tool without it counts as
 * {@link SideEffect#WRITE}: forgetting the annotation costs evidence, never safety.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Effect {
    /** The heaviest thing the method may do. */
    SideEffect value();
}
