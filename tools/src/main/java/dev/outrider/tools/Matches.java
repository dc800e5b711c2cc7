package dev.outrider.tools;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The form of a string parameter of a {@link dev.langchain4j.agent.tool.Tool} method. LangChain4j's schema types
 * have no {@code pattern}; a {@link ToolCatalogue} adds this one to the JSON Schema it checks calls against.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface Matches {
    /** Regular expression that the whole value has to match. */
    String value();

    /** A value of that form, shown to whoever got it wrong. */
    String example();
}
