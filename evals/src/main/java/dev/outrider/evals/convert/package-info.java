/** From an agent's LLM queries to training sets of an SLM: collect, curate, cluster, export (arXiv 2506.02153, section 6). */
@NullMarked
package dev.outrider.evals.convert;

import org.jspecify.annotations.NullMarked;
