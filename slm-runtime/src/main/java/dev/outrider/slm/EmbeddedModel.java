package dev.outrider.slm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Puts a model from the class path where it can be memory-mapped: one file per content, checked before it is used again. */
final class EmbeddedModel {

    private static final String RESOURCE = "/dev/outrider/slm/models/desk.gguf";

    private EmbeddedModel() {}

    /** The file of the model that comes with Outrider. */
    static Path file() {
        try (InputStream in = EmbeddedModel.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new SlmException("no model on the class path at " + RESOURCE
                        + ": add the jar that holds it, or load a .gguf file by its path");
            }
            return file(in.readAllBytes(), directories(System.getenv()));
        } catch (IOException e) {
            throw new SlmException("the model on the class path at " + RESOURCE + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Where models may be kept, the preferred place first. */
    static List<Path> directories(Map<String, String> environment) {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"), "outrider-" + System.getProperty("user.name"));
        String cache = environment.get("XDG_CACHE_HOME");
        // the specification has relative paths ignored
        if (cache == null || !Path.of(cache).isAbsolute()) {
            String home = System.getProperty("user.home");
            if (home == null || home.isBlank()) {
                return List.of(temporary);
            }
            return List.of(Path.of(home, ".cache", "outrider"), temporary);
        }
        return List.of(Path.of(cache, "outrider"), temporary);
    }

    /**
     * A file of exactly this content in the first of the directories that allows it. A file that is there is used when its SHA-256
     * is right, and replaced otherwise; writing goes to a temporary file that is then moved in place, so that no process ever
     * sees half a file.
     */
    static Path file(byte[] content, List<Path> directories) {
        byte[] hash = sha256().digest(content);
        String name = "desk-" + HexFormat.of().formatHex(hash, 0, 8) + ".gguf";
        IOException failure = null;
        for (Path directory : directories) {
            Path file = directory.resolve(name);
            try {
                if (!matches(file, content.length, hash)) {
                    write(content, directory, file);
                }
                return file;
            } catch (IOException e) {
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                failure = e;
            }
        }
        throw new SlmException("the model that comes with Outrider cannot be put into any of " + directories + ": "
                + failure + "; set XDG_CACHE_HOME to a directory that can be written", failure);
    }

    private static boolean matches(Path file, int size, byte[] hash) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) != size) {
            return false;
        }
        MessageDigest digest = sha256();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return Arrays.equals(digest.digest(), hash);
    }

    private static void write(byte[] content, Path directory, Path file) throws IOException {
        Files.createDirectories(directory);
        Path temporary = Files.createTempFile(directory, "desk-", ".part");
        try {
            Files.write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
