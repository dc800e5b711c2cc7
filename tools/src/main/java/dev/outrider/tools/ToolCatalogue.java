package dev.outrider.tools;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tools an agent has: what they look like to a model, what they do to the world, whether a call fits, and how it
 * is run. Made of LangChain4j {@code @Tool} methods; unchangeable, safe for many threads if the tools are.
 */
public final class ToolCatalogue {

    private final Map<String, CatalogueTool> tools;
    private final List<ToolSpecification> specifications;

    private ToolCatalogue(Map<String, CatalogueTool> tools) {
        this.tools = tools;
        this.specifications =
                tools.values().stream().map(CatalogueTool::specification).toList();
    }

    /**
     * Collects the {@code @Tool} methods of the objects: object by object, within one by name (Java does not keep the
     * order of methods; {@link #only} gives any other order).
     *
     * @throws IllegalArgumentException if an object has no such method, two tools have one name, or a tool's schema
     *     cannot be compiled
     */
    public static ToolCatalogue of(Object... objectsWithTools) {
        Map<String, CatalogueTool> tools = new LinkedHashMap<>();
        for (Object object : objectsWithTools) {
            List<CatalogueTool> found = CatalogueTool.allOf(object);
            if (found.isEmpty()) {
                throw new IllegalArgumentException(
                        object.getClass().getName() + " has no method annotated with @Tool");
            }
            found.stream().sorted(Comparator.comparing(CatalogueTool::name)).forEach(tool -> {
                CatalogueTool first = tools.putIfAbsent(tool.name(), tool);
                if (first != null) {
                    throw new IllegalArgumentException("two tools are named " + tool.name() + ": " + first.origin()
                            + " and " + tool.origin() + "; rename one with @Tool(name = …)");
                }
            });
        }
        return new ToolCatalogue(tools);
    }

    /** The tools as a model is offered them, in the catalogue's order. */
    public List<ToolSpecification> specifications() {
        return specifications;
    }

    /** Whether there is a tool of that name. */
    public boolean contains(String name) {
        return tools.containsKey(name);
    }

    /** What the tool does to the world; of an unknown tool the worst is assumed. */
    public SideEffect effectOf(@Nullable String name) {
        CatalogueTool tool = name == null ? null : tools.get(name);
        return tool == null ? SideEffect.MONEY : tool.effect();
    }

    /** Whether the call names a tool and its arguments fit; runs nothing. */
    public ArgumentCheck check(ToolExecutionRequest request) {
        CatalogueTool tool = find(request);
        return tool == null ? unknown(request) : tool.check(request);
    }

    /**
     * Checks the call and runs it if it fits. Never throws for what a tool or a call does wrong: the outcome says it
     * in one line.
     */
    public ToolOutcome execute(ToolExecutionRequest request) {
        long start = System.nanoTime();
        CatalogueTool tool = find(request);
        ArgumentCheck check = tool == null ? unknown(request) : tool.check(request);
        CatalogueTool.Result result = tool == null || !check.valid()
                ? CatalogueTool.Result.failure(check.reason())
                : tool.run(request);
        return new ToolOutcome(
                request,
                result.succeeded(),
                result.text(),
                effectOf(request.name()),
                Duration.ofNanos(System.nanoTime() - start));
    }

    /**
     * A catalogue of some of these tools, in the order of the names.
     *
     * @throws IllegalArgumentException if there is no tool of one of the names
     */
    public ToolCatalogue only(Collection<String> names) {
        Map<String, CatalogueTool> chosen = new LinkedHashMap<>();
        for (String name : names) {
            CatalogueTool tool = tools.get(name);
            if (tool == null) {
                throw new IllegalArgumentException("there is no tool " + Violations.shown(name) + "; there are "
                        + String.join(", ", tools.keySet()));
            }
            chosen.put(name, tool);
        }
        return new ToolCatalogue(chosen);
    }

    private @Nullable CatalogueTool find(ToolExecutionRequest request) {
        return request.name() == null ? null : tools.get(request.name());
    }

    private ArgumentCheck unknown(ToolExecutionRequest request) {
        List<String> names = new ArrayList<>(tools.keySet());
        return ArgumentCheck.failed(List.of("There is no tool " + Violations.shown(request.name()) + "; there are "
                + String.join(", ", names) + "."));
    }
}
