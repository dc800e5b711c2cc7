package dev.outrider.app;

import dev.outrider.app.terminal.Terminal;

/** What every command needs from outside. */
record Context(Terminal terminal, Interruption interruption) {}
