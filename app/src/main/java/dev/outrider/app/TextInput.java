package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Text from the command line, from a file, or from standard input. */
final class TextInput {

    private TextInput() {}

    /**
     * The words joined by blanks; or the file, where there is one; or all of standard input, where the only word is {@code -}.
     *
     * @param what the name of the text in error messages
     */
    static String read(List<String> words, @Nullable Path file, String what) {
        if (file != null) {
            if (!words.isEmpty()) {
                throw CliException.badInput("give the " + what + " either as words or with --file, not both");
            }
            return read(file);
        }
        if (words.isEmpty()) {
            throw CliException.badInput("there is no " + what + ": give it as words, with --file FILE, or '-' for standard input");
        }
        if (words.equals(List.of("-"))) {
            try {
                return utf8(System.in.readAllBytes(), "standard input");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return String.join(" ", words);
    }

    static String read(Path file) {
        if (Files.isDirectory(file)) {
            throw CliException.badInput(file + " is a directory, a text file is needed");
        }
        try {
            return utf8(Files.readAllBytes(file), file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String utf8(byte[] bytes, String where) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw CliException.badInput(where + " is no UTF-8 text");
        }
    }
}
