/** Cases and suites: the line format, its validation, tool schemas and conversations as LangChain4j types. */
@NullMarked
package dev.outrider.evals.suite;

import org.jspecify.annotations.NullMarked;
