package dev.outrider.app;

import java.nio.file.Path;
import java.util.Arrays;

/** Token ids written down as text. */
final class TokenFile {

    private static final int LONGEST_SHOWN = 20;

    private TokenFile() {}

    /**
     * Reads ids separated by blanks, commas or line ends.
     *
     * @param file for error messages
     * @param vocabulary ids are 0 to this, exclusive
     */
    static int[] parse(Path file, String text, int vocabulary) {
        String[] words = Arrays.stream(text.split("[\\s,]+"))
                .filter(word -> !word.isEmpty())
                .toArray(String[]::new);
        if (words.length == 0) {
            throw CliException.badInput(file + " holds no token ids");
        }
        int[] tokens = new int[words.length];
        for (int i = 0; i < words.length; i++) {
            tokens[i] = id(words[i], vocabulary);
            if (tokens[i] < 0) {
                String shown = words[i].length() <= LONGEST_SHOWN ? words[i] : words[i].substring(0, LONGEST_SHOWN) + "…";
                throw CliException.badInput(file + ": word " + (i + 1) + " is '" + shown + "', but a token id of this model is a"
                        + " number from 0 to " + (vocabulary - 1));
            }
        }
        return tokens;
    }

    private static int id(String word, int vocabulary) {
        try {
            int id = Integer.parseInt(word);
            return id < vocabulary ? id : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
