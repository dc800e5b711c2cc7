package dev.outrider.router.policy;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

import dev.outrider.router.internal.OneLine;

/** Turns the text of a policy file into a {@link Policy}. */
final class PolicyReader {

    private PolicyReader() {}

    static Policy read(Path file) {
        return read(file.toString(), textOf(file));
    }

    static String textOf(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new PolicyException(file.toString(), 0, 0, "does not exist; check the path");
        } catch (CharacterCodingException e) {
            throw new PolicyException(file.toString(), 0, 0, "is not UTF-8 text");
        } catch (IOException e) {
            throw new PolicyException(file.toString(), 0, 0, "cannot be read: " + OneLine.of(e));
        }
    }

    static Policy read(String file, String yaml) {
        return PolicyKnobs.POLICY.read(new Place(file, "", PolicyTree.parse(file, yaml)));
    }
}
