package dev.outrider.router.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.privacy.RecordCipher;
import dev.outrider.router.privacy.RecordCipherException;

/** The JSON form of the ledger's entries, as {@code docs/ledger.md} documents it. Absent values are left out. */
final class LedgerJson {

    /** Field that tells the kinds of entries apart. */
    private static final String KIND = "kind";

    private static final String DECISION = "decision";
    private static final String EGRESS = "egress";
    private static final String AUDIT = "audit";
    private static final String SHADOW = "shadow";
    private static final Set<String> KINDS = Set.of(DECISION, EGRESS, AUDIT, SHADOW);

    /** Kind of a line whose entry cannot be read without its key. */
    static final String SEALED = "sealed";

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            // a reader of an older version skips fields that a newer one added
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // prices come back as they were written: 1.50 stays 1.50
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .defaultPropertyInclusion(JsonInclude.Value.construct(JsonInclude.Include.NON_NULL,
                    JsonInclude.Include.NON_NULL))
            .addMixIn(LedgerEntry.class, EntryForm.class)
            .addMixIn(Decision.class, DecisionForm.class)
            .build();

    private static final ObjectWriter WRITER = MAPPER.writerFor(LedgerEntry.class);
    private static final ObjectReader READER = MAPPER.readerFor(LedgerEntry.class);

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = DecisionRecord.class, name = DECISION),
        @JsonSubTypes.Type(value = EgressNotice.class, name = EGRESS),
        @JsonSubTypes.Type(value = AuditRecord.class, name = AUDIT),
        @JsonSubTypes.Type(value = ShadowRecord.class, name = SHADOW)
    })
    private interface EntryForm {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Decision.Accept.class, name = "accept"),
        @JsonSubTypes.Type(value = Decision.Escalate.class, name = "escalate"),
        @JsonSubTypes.Type(value = Decision.Refuse.class, name = "refuse")
    })
    private interface DecisionForm {}

    private LedgerJson() {}

    /** The entry as one line in UTF-8, without a line break. */
    static byte[] bytes(LedgerEntry entry) {
        try {
            return WRITER.writeValueAsBytes(entry);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a ledger entry has no JSON form", e);
        }
    }

    /**
     * The entry as one line, sealed when there is a cipher.
     *
     * @param cipher seals it under its id; null to keep it readable
     */
    static byte[] bytes(LedgerEntry entry, @Nullable RecordCipher cipher) {
        if (cipher == null) {
            return bytes(entry);
        }
        String sealed = cipher.seal(entry.id(), new String(bytes(entry), StandardCharsets.UTF_8));
        ObjectNode line = MAPPER.createObjectNode().put(KIND, SEALED).put("id", entry.id()).put(SEALED, sealed);
        return line.toString().getBytes(StandardCharsets.UTF_8);
    }

    static String kindOf(LedgerEntry entry) {
        return switch (entry) {
            case DecisionRecord record -> DECISION;
            case EgressNotice notice -> EGRESS;
            case AuditRecord audit -> AUDIT;
            case ShadowRecord shadow -> SHADOW;
        };
    }

    /**
     * An entry and the form it was written in.
     *
     * @param schema of the line; the entry is in the current form
     */
    record Parsed(LedgerEntry entry, int schema) {}

    /**
     * What one line of a ledger holds, brought to the current form.
     *
     * @param cipher opens sealed lines; null when there is no key
     */
    static Parsed parse(String line, @Nullable RecordCipher cipher) throws JsonProcessingException {
        JsonNode node = MAPPER.readTree(line);
        String kind = node.path(KIND).asText();
        if (kind.equals(SEALED)) {
            return parse(opened(node, cipher), cipher);
        }
        if (!(node instanceof ObjectNode object) || !KINDS.contains(kind)) {
            throw new UnknownLine("has the unknown kind \"" + OneLine.of(kind) + "\"");
        }
        int schema = node.path("schema").asInt(DecisionRecord.SCHEMA);
        if (schema > DecisionRecord.SCHEMA) {
            throw new UnknownLine("has schema " + schema + ", newer than " + DecisionRecord.SCHEMA
                    + ", which this version reads");
        }
        if (schema < DecisionRecord.SCHEMA) {
            migrate(object);
        }
        return new Parsed(READER.treeToValue(object, LedgerEntry.class), schema);
    }

    private static String opened(JsonNode node, @Nullable RecordCipher cipher) throws UnknownLine {
        if (cipher == null) {
            throw new UnknownLine("is sealed; set " + RecordCipher.KEY + " to the key that it was sealed with");
        }
        try {
            return cipher.open(node.path("id").asText(), node.path(SEALED).asText());
        } catch (RecordCipherException e) {
            throw new UnknownLine("cannot be opened: " + e.getMessage());
        }
    }

    /** From version 1, which knew one mode, no leases and no workload but the caller's label; the rest may be absent. */
    private static void migrate(ObjectNode node) {
        node.put("schema", DecisionRecord.SCHEMA);
        if (node.path(KIND).asText().equals(DECISION)) {
            node.put("mode", DecisionRecord.Mode.ENFORCE.name());
            node.putArray("leases");
            JsonNode label = node.remove("workload");
            if (label != null) {
                node.set("label", label);
            }
        }
    }

    /** A line that is JSON but not one of ours. */
    static final class UnknownLine extends JsonProcessingException {
        private static final long serialVersionUID = 1L;

        UnknownLine(String message) {
            super(message);
        }
    }
}
