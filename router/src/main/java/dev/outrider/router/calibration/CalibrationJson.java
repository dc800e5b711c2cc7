package dev.outrider.router.calibration;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

import dev.outrider.router.internal.OneLine;

/** The JSON form of a calibration table, as {@code docs/calibration.md} documents it. Absent values are left out. */
final class CalibrationJson {

    /** Tells a calibration table from any other JSON. */
    static final String FORMAT = "outrider-calibration";

    /** Version of the form that this code reads and writes. */
    static final int SCHEMA = 1;

    private static final Set<String> NEEDED =
            Set.of("version", "model", "by", "fitted", "expires", "source", "workloads");
    private static final Set<String> NEEDED_OF_A_WORKLOAD = Set.of(
            "workload", "n", "tasks", "testUnits", "calibrator", "why", "riskKind", "targetRisk", "confidence",
            "riskBound", "accepted", "wrong");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .addModule(new SimpleModule()
                    .addSerializer(OptionalDouble.class, new WriteOptional())
                    .addDeserializer(OptionalDouble.class, new ReadOptional()))
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
            .withConfigOverride(
                    OptionalDouble.class,
                    o -> o.setInclude(JsonInclude.Value.construct(
                            JsonInclude.Include.NON_EMPTY, JsonInclude.Include.NON_EMPTY)))
            .addMixIn(Calibrator.class, CalibratorForm.class)
            .build();

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = IsotonicCalibrator.class, name = "isotonic"),
        @JsonSubTypes.Type(value = LogisticCalibrator.class, name = "logistic")
    })
    private interface CalibratorForm {}

    private CalibrationJson() {}

    static String write(CalibrationTable table) {
        try {
            ObjectNode node = MAPPER.createObjectNode().put("format", FORMAT).put("schema", SCHEMA);
            ObjectNode values = MAPPER.valueToTree(table);
            values.set("workloads", MAPPER.valueToTree(List.copyOf(table.workloads().values())));
            node.setAll(values);
            return MAPPER.writeValueAsString(node) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a calibration table has no JSON form", e);
        }
    }

    static CalibrationTable read(String file, String json) {
        try {
            JsonNode root = MAPPER.readTree(json);
            if (!(root instanceof ObjectNode node) || !FORMAT.equals(node.path("format").asText())) {
                throw new CalibrationException(
                        file, "is no calibration table: it lacks \"format\": \"" + FORMAT + "\"; fit one with ./outrider calibrate");
            }
            int schema = node.path("schema").asInt();
            if (schema > SCHEMA) {
                throw new CalibrationException(file, "has the form " + schema + ", newer than " + SCHEMA
                        + ", which this version reads; update Outrider or fit the table again");
            }
            need(file, "", node, NEEDED);
            ObjectNode byName = MAPPER.createObjectNode();
            for (JsonNode workload : node.path("workloads")) {
                need(file, "a workload ", workload, NEEDED_OF_A_WORKLOAD);
                String name = workload.path("workload").asText();
                if (byName.putIfAbsent(name, workload) != null) {
                    throw new CalibrationException(
                            file, "has the workload " + OneLine.of(name) + " twice; remove one, or fit the table again");
                }
            }
            node.set("workloads", byName);
            return MAPPER.treeToValue(node, CalibrationTable.class);
        } catch (JsonMappingException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String message = cause instanceof JsonProcessingException p ? p.getOriginalMessage() : cause.getMessage();
            throw new CalibrationException(
                    file, "holds what cannot be (" + OneLine.of(message) + "); fit the table again", e);
        } catch (JsonProcessingException e) {
            throw new CalibrationException(
                    file, "is no calibration table: it is no JSON (" + OneLine.of(e.getOriginalMessage()) + ")", e);
        }
    }

    private static void need(String file, String where, JsonNode node, Set<String> keys) {
        Set<String> missing = new TreeSet<>(keys);
        missing.removeIf(node::hasNonNull);
        if (!missing.isEmpty()) {
            throw new CalibrationException(
                    file, where + "lacks " + String.join(", ", missing) + "; fit the table again");
        }
    }

    private static final class WriteOptional extends StdSerializer<OptionalDouble> {
        private static final long serialVersionUID = 1L;

        WriteOptional() {
            super(OptionalDouble.class);
        }

        @Override
        public boolean isEmpty(SerializerProvider provider, OptionalDouble value) {
            return value.isEmpty();
        }

        @Override
        public void serialize(OptionalDouble value, JsonGenerator out, SerializerProvider provider) throws IOException {
            if (value.isPresent()) {
                out.writeNumber(value.getAsDouble());
            } else {
                out.writeNull();
            }
        }
    }

    private static final class ReadOptional extends StdDeserializer<OptionalDouble> {
        private static final long serialVersionUID = 1L;

        ReadOptional() {
            super(OptionalDouble.class);
        }

        @Override
        public OptionalDouble deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return OptionalDouble.of(_parseDoublePrimitive(in, context));
        }

        @Override
        public OptionalDouble getNullValue(DeserializationContext context) {
            return OptionalDouble.empty();
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return OptionalDouble.empty();
        }
    }
}
