package dev.outrider.slm.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code kernels.json}: every kernel with its module and parameters. */
final class KernelIndex {

    record Parameter(String name, String type) {}

    record Kernel(String module, List<Parameter> parameters) {}

    static final String RESOURCES = "/dev/outrider/slm/cuda/";

    private static final JsonNode ROOT = read();
    private static final Map<String, Kernel> KERNELS = kernels();

    private KernelIndex() {}

    private static JsonNode read() {
        try (var in = KernelIndex.class.getResourceAsStream(RESOURCES + "kernels.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Kernel> kernels() {
        Map<String, Kernel> kernels = new HashMap<>();
        for (JsonNode kernel : ROOT.get("kernels")) {
            List<Parameter> parameters = new ArrayList<>();
            kernel.get("parameters")
                    .forEach(p -> parameters.add(
                            new Parameter(p.get("name").asText(), p.get("type").asText())));
            kernels.put(kernel.get("name").asText(), new Kernel(kernel.get("module").asText(), parameters));
        }
        return kernels;
    }

    static Map<String, Kernel> all() {
        return KERNELS;
    }

    /** The digest of the sources that the modules were compiled from. */
    static String compiledFrom() {
        return ROOT.get("sources").asText();
    }

    /** Requires that arguments fit a kernel's parameters. */
    static void check(String name, Object... arguments) {
        Kernel kernel = KERNELS.get(name);
        if (kernel == null) {
            throw new AssertionError("there is no kernel " + name);
        }
        assertThat(Stream.of(arguments).map(KernelIndex::type).toList())
                .as("%s%s", name, kernel.parameters.stream().map(Parameter::name).collect(Collectors.joining(", ", "(", ")")))
                .isEqualTo(kernel.parameters.stream().map(Parameter::type).toList());
    }

    private static String type(Object argument) {
        return argument instanceof Integer ? "int" : argument instanceof Float ? "float" : "pointer";
    }

    /** Files of a directory, by name. */
    static List<Path> files(Path directory, String... endings) throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
                    .sorted(Comparator.comparing(file -> file.getFileName().toString()))
                    .collect(Collectors.toCollection(ArrayList::new));
        }
    }

    /** As build.py does: SHA-256 over name, length and content of each. */
    static String digest(List<Path> files) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                byte[] content = Files.readAllBytes(file);
                sha.update((file.getFileName() + "\0" + content.length + "\0").getBytes(StandardCharsets.UTF_8));
                sha.update(content);
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
