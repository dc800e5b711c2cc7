package dev.outrider.router.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

import dev.outrider.router.Decision;
import dev.outrider.router.internal.OneLine;

/** The JSON form of the ledger's lines, as {@code docs/ledger.md} documents it. Absent values are left out. */
final class LedgerJson {

    /** Field that tells the two kinds of lines apart. */
    private static final String KIND = "kind";

    private static final String DECISION = "decision";
    private static final String EGRESS = "egress";

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            // a reader of an older version skips fields that a newer one added
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .defaultPropertyInclusion(JsonInclude.Value.construct(JsonInclude.Include.NON_NULL,
                    JsonInclude.Include.NON_NULL))
            .addMixIn(Decision.class, DecisionForm.class)
            .build();

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Decision.Accept.class, name = "accept"),
        @JsonSubTypes.Type(value = Decision.Escalate.class, name = "escalate"),
        @JsonSubTypes.Type(value = Decision.Refuse.class, name = "refuse")
    })
    private interface DecisionForm {}

    private LedgerJson() {}

    static String line(DecisionRecord record) {
        return line(DECISION, record);
    }

    static String line(Egress egress) {
        return line(EGRESS, egress);
    }

    /** What one line of a ledger holds: a {@link DecisionRecord} or an {@link Egress}. */
    static Object parse(String line) throws JsonProcessingException {
        JsonNode node = MAPPER.readTree(line);
        String kind = node.path(KIND).asText();
        Class<?> type =
                switch (kind) {
                    case DECISION -> DecisionRecord.class;
                    case EGRESS -> Egress.class;
                    default -> throw new UnknownLine("has the unknown kind \"" + OneLine.of(kind) + "\"");
                };
        int schema = node.path("schema").asInt(DecisionRecord.SCHEMA);
        if (schema > DecisionRecord.SCHEMA) {
            throw new UnknownLine("has schema " + schema + ", newer than " + DecisionRecord.SCHEMA
                    + ", which this version reads");
        }
        return MAPPER.treeToValue(node, type);
    }

    /** A line that is JSON but not one of ours. */
    static final class UnknownLine extends JsonProcessingException {
        private static final long serialVersionUID = 1L;

        UnknownLine(String message) {
            super(message);
        }
    }

    private static String line(String kind, Object value) {
        try {
            ObjectNode node = MAPPER.createObjectNode().put(KIND, kind);
            node.setAll((ObjectNode) MAPPER.valueToTree(value));
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a ledger line has no JSON form", e);
        }
    }
}
