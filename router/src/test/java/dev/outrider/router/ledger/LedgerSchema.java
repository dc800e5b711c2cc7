package dev.outrider.router.ledger;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The documented JSON Schema of a ledger's lines. */
public final class LedgerSchema {

    private final Schema schema;

    private LedgerSchema(Schema schema) {
        this.schema = schema;
    }

    /** Reads {@code docs/ledger.schema.json}. */
    public static LedgerSchema documented() throws IOException {
        String root = System.getProperty("outrider.root");
        Path path = (root == null ? Path.of("..") : Path.of(root)).resolve("docs/ledger.schema.json");
        return new LedgerSchema(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Files.readString(path)));
    }

    /** What of an entry's JSON form breaks the schema; empty when nothing does. */
    public List<String> violations(LedgerEntry entry) {
        return violations(new String(LedgerJson.bytes(entry), StandardCharsets.UTF_8));
    }

    List<String> violations(String line) {
        return schema.validate(line, com.networknt.schema.InputFormat.JSON).stream()
                .map(Object::toString)
                .toList();
    }
}
