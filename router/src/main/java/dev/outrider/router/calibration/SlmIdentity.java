package dev.outrider.router.calibration;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.ModelInfo;

/**
 * Which SLM a calibration is about: evidence of another model, or of another training of the same one, means nothing in
 * its table.
 *
 * @param name the model's name as its answers carry it
 * @param chatFormat how conversations are written for it; null when nobody says
 * @param sha256 SHA-256 of its file in hex; null when it has no file here or the file is too large to read for that
 */
public record SlmIdentity(String name, @Nullable String chatFormat, @Nullable String sha256) {

    /** Larger files are told apart by name and format only: reading them would take longer than loading them. */
    private static final long MOST_BYTES = 512L << 20;

    /**
     * The identity of a loaded model.
     *
     * @throws CalibrationException when its file can no longer be read
     */
    public static SlmIdentity of(ModelInfo info) {
        return new SlmIdentity(
                info.name(), info.chatFormat(), info.fileBytes() <= MOST_BYTES ? sha256(info.path()) : null);
    }

    /** Whether both are the same model: by the files' hashes where both are known, otherwise by name and format. */
    public boolean matches(SlmIdentity other) {
        if (sha256 != null && other.sha256 != null) {
            return sha256.equals(other.sha256);
        }
        return name.equals(other.name)
                && (chatFormat == null || other.chatFormat == null || Objects.equals(chatFormat, other.chatFormat));
    }

    /** {@code desk-2m (outrider-1, sha256 1f2e3d4c…)}. */
    public String inOneLine() {
        String format = chatFormat == null ? "" : chatFormat;
        String hash = sha256 == null ? "" : "sha256 " + sha256.substring(0, Math.min(12, sha256.length())) + "…";
        String both = format.isEmpty() || hash.isEmpty() ? format + hash : format + ", " + hash;
        return both.isEmpty() ? name : name + " (" + both + ")";
    }

    private static String sha256(Path file) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new CalibrationException(file.toString(), "the model's file cannot be read (" + e.getMessage() + ")", e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
