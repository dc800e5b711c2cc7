package dev.outrider.agents;

/** An error as one line for a person. */
final class OneLine {

    private OneLine() {}

    static String of(Throwable error) {
        String message = error.getMessage();
        if (message == null || message.isBlank()) {
            return error.getClass().getSimpleName();
        }
        return message.strip().replaceAll("\\s+", " ");
    }
}
