package dev.outrider.router.audit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.OptionalDouble;

/**
 * Who is audited. Chance is a hash of the query's id, so that anybody can check later who had to be drawn, and nothing
 * about the answer can sway it.
 */
public final class AuditDraw {

    private static final byte[] SALT = "outrider audit ".getBytes(StandardCharsets.UTF_8);

    private AuditDraw() {}

    /**
     * Draws an accepted answer with this probability.
     *
     * @param id of the query, random as the cascade makes them
     * @param rate in [0, 1]
     * @return the propensity when the answer is to be audited, otherwise empty
     */
    public static OptionalDouble draw(String id, double rate) {
        return uniform(id) < rate ? OptionalDouble.of(rate) : OptionalDouble.empty();
    }

    /** A number that belongs to an id, spread evenly over [0, 1). */
    static double uniform(String id) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(SALT);
            byte[] hash = digest.digest(id.getBytes(StandardCharsets.UTF_8));
            return (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1.0p-53;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
