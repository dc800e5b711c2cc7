package dev.outrider.router.privacy;

import java.util.Map;
import java.util.Optional;

/**
 * Records at rest. A sealed record is one line of printable characters that says by which key it was sealed; it can be
 * opened only under the id that it was sealed under, so records cannot be exchanged for each other.
 */
public interface RecordCipher {

    /**
     * Environment variable with the key: 32 bytes in base64, for example from {@code openssl rand -base64 32}. Several
     * keys with commas between them: the first one seals, all of them open.
     */
    String KEY = "OUTRIDER_LEDGER_KEY";

    /**
     * Seals a record.
     *
     * @param recordId authenticated, not hidden
     * @param plain the record
     */
    String seal(String recordId, String plain);

    /**
     * Opens a sealed record.
     *
     * @throws RecordCipherException in one line when the key is not the one that sealed it, or the record is damaged or
     *     belongs to another id
     */
    String open(String recordId, String sealed);

    /** Whether a text was sealed, by whatever key. */
    static boolean isSealed(String text) {
        return text.startsWith(AesGcmRecordCipher.PREFIX);
    }

    /**
     * The cipher whose keys the environment holds.
     *
     * @return empty when no key is set: records are kept readable then
     * @throws RecordCipherException in one line when what is set is no key
     */
    static Optional<RecordCipher> fromEnvironment(Map<String, String> env) {
        String keys = env.getOrDefault(KEY, "").strip();
        return keys.isEmpty() ? Optional.empty() : Optional.of(AesGcmRecordCipher.of(keys));
    }
}
