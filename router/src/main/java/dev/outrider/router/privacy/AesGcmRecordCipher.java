package dev.outrider.router.privacy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * AES-256 in Galois/Counter Mode (NIST SP 800-38D). A sealed record is {@code outrider1:KEYID:BASE64}, the bytes being
 * a random nonce of 96 bits, the ciphertext, and a tag of 128 bits; the prefix, the key's id and the record's id are
 * authenticated with it. Random nonces are safe for 2^32 records under one key. Safe for many threads.
 */
final class AesGcmRecordCipher implements RecordCipher {

    static final String PREFIX = "outrider1:";

    private static final String ALGORITHM = "AES/GCM/NoPadding";
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final Map<String, SecretKeySpec> keys;
    private final String sealing;
    private final SecureRandom random = new SecureRandom();

    private AesGcmRecordCipher(Map<String, SecretKeySpec> keys) {
        this.keys = keys;
        this.sealing = keys.keySet().iterator().next();
    }

    /** @param text base64 keys with commas between them */
    static AesGcmRecordCipher of(String text) {
        Map<String, SecretKeySpec> keys = new LinkedHashMap<>();
        for (String part : text.split(",")) {
            byte[] key = keyBytes(part.strip());
            keys.put(idOf(key), new SecretKeySpec(key, "AES"));
            Arrays.fill(key, (byte) 0);
        }
        if (keys.isEmpty()) {
            throw noKey("holds no key");
        }
        return new AesGcmRecordCipher(keys);
    }

    @Override
    public String seal(String recordId, String plain) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] text = cipher(Cipher.ENCRYPT_MODE, sealing, nonce, recordId)
                    .doFinal(plain.getBytes(StandardCharsets.UTF_8));
            byte[] sealed = ByteBuffer.allocate(nonce.length + text.length).put(nonce).put(text).array();
            return PREFIX + sealing + ":" + Base64.getEncoder().encodeToString(sealed);
        } catch (GeneralSecurityException e) {
            throw new RecordCipherException("record " + recordId + " cannot be sealed: " + e.getMessage(), e);
        }
    }

    @Override
    public String open(String recordId, String sealed) {
        int colon = sealed.indexOf(':', PREFIX.length());
        if (!sealed.startsWith(PREFIX) || colon < 0) {
            throw new RecordCipherException("record " + recordId + " is not sealed, or its beginning is damaged", null);
        }
        String keyId = sealed.substring(PREFIX.length(), colon);
        if (!keys.containsKey(keyId)) {
            throw new RecordCipherException(
                    "record " + recordId + " was sealed with the key " + printable(keyId) + ", and " + KEY + " holds "
                            + String.join(", ", keys.keySet()) + "; add that key behind a comma to read it",
                    null);
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(sealed.substring(colon + 1));
            if (bytes.length < NONCE_BYTES + TAG_BITS / 8) {
                throw damaged(recordId, null);
            }
            byte[] nonce = Arrays.copyOf(bytes, NONCE_BYTES);
            byte[] plain = cipher(Cipher.DECRYPT_MODE, keyId, nonce, recordId)
                    .doFinal(bytes, NONCE_BYTES, bytes.length - NONCE_BYTES);
            return new String(plain, StandardCharsets.UTF_8);
        } catch (AEADBadTagException | IllegalArgumentException e) {
            throw damaged(recordId, e);
        } catch (GeneralSecurityException e) {
            throw new RecordCipherException("record " + recordId + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private Cipher cipher(int mode, String keyId, byte[] nonce, String recordId) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(ALGORITHM);
        cipher.init(mode, keys.get(keyId), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD((PREFIX + keyId + ":" + recordId).getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private static RecordCipherException damaged(String recordId, @Nullable Throwable cause) {
        return new RecordCipherException(
                "record " + recordId + " is damaged, or was sealed as another record; restore it from a copy", cause);
    }

    private static byte[] keyBytes(String base64) {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw noKey("is not base64");
        }
        if (key.length != KEY_BYTES) {
            throw noKey("holds a key of " + key.length + " bytes");
        }
        return key;
    }

    private static RecordCipherException noKey(String what) {
        return new RecordCipherException(
                KEY + " " + what + "; it needs 32 bytes in base64, for example from: openssl rand -base64 32", null);
    }

    /** Eight hexadecimal digits that tell keys apart and say nothing about them. */
    private static String idOf(byte[] key) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update("outrider ledger key".getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha.digest(key), 0, 4);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String printable(String keyId) {
        return keyId.matches("[0-9a-f]{8}") ? keyId : "(unreadable)";
    }
}
