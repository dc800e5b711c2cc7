package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.tools.SideEffect;

/** The ledger's reference page names everything that the code writes; the policy's page is made by the code. */
class DocumentationTest {

    private static String page(String name) throws IOException {
        String root = System.getProperty("outrider.root");
        Path path = (root == null ? Path.of("..") : Path.of(root)).resolve("docs").resolve(name);
        return Files.readString(path);
    }

    @Test
    void every_field_of_the_ledger_stands_in_its_reference() throws IOException {
        String page = page("ledger.md");
        Set<String> names = namesIn(DecisionRecord.class, UnaryOperator.identity(), new LinkedHashSet<>(),
                new LinkedHashSet<>());
        namesIn(EgressNotice.class, UnaryOperator.identity(), names, new LinkedHashSet<>());
        namesIn(AuditRecord.class, UnaryOperator.identity(), names, new LinkedHashSet<>());
        namesIn(ShadowRecord.class, UnaryOperator.identity(), names, new LinkedHashSet<>());
        for (Class<?> decision : Decision.class.getPermittedSubclasses()) {
            namesIn(decision, UnaryOperator.identity(), names, new LinkedHashSet<>());
        }
        assertThat(names).contains("escalation", "smallestDecisionMargin", "CANCELLED", "BUDGET_EXHAUSTED", "arguments");
        assertThat(names.stream().filter(name -> !page.contains("`" + name + "`")).toList()).isEmpty();
    }

    /** Names of all record components and enum constants that can be reached from a record. */
    private static Set<String> namesIn(Class<?> type, UnaryOperator<String> constants, Set<String> names,
            Set<Class<?>> seen) {
        if (!seen.add(type)) {
            return names;
        }
        if (type.isEnum() && (type.getPackageName().startsWith("dev.outrider.router") || type == SideEffect.class)) {
            for (Object constant : type.getEnumConstants()) {
                names.add(constants.apply(((Enum<?>) constant).name()));
            }
        }
        if (type.isRecord()) {
            for (RecordComponent component : type.getRecordComponents()) {
                names.add(component.getName());
                namesIn(component.getType(), constants, names, seen);
                if (component.getGenericType() instanceof ParameterizedType generic) {
                    for (Type argument : generic.getActualTypeArguments()) {
                        if (argument instanceof Class<?> element) {
                            namesIn(element, constants, names, seen);
                        }
                    }
                }
            }
        }
        return names;
    }
}
