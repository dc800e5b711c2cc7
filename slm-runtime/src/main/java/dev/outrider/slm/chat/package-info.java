/** Prompt formats: conversations to token ids, completions to text or tool calls, and which tokens were decisions. */
@NullMarked
package dev.outrider.slm.chat;

import org.jspecify.annotations.NullMarked;
