/** The agent loop: conversation, tool calls, step limit. */
@NullMarked
package dev.outrider.agents;

import org.jspecify.annotations.NullMarked;
