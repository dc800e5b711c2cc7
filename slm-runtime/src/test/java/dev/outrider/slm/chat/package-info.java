@NullMarked
package dev.outrider.slm.chat;

import org.jspecify.annotations.NullMarked;
