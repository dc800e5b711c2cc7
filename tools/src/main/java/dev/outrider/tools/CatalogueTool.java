package dev.outrider.tools;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.agent.tool.ToolSpecifications;
import dev.langchain4j.exception.ToolExecutionException;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.service.tool.DefaultToolExecutor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One {@code @Tool} method: specification, side effect, compiled schema and LangChain4j's own executor. */
final class CatalogueTool {

    private static final Logger LOG = LoggerFactory.getLogger(CatalogueTool.class);

    private final ToolSpecification specification;
    private final SideEffect effect;
    private final ArgumentSchema schema;
    private final DefaultToolExecutor executor;
    private final String origin;

    private CatalogueTool(Object object, Method method) {
        this.specification = ToolSpecifications.toolSpecificationFrom(method);
        Effect annotation = method.getAnnotation(Effect.class);
        this.effect = annotation == null ? SideEffect.WRITE : annotation.value();
        this.schema = ArgumentSchema.compile(specification, forms(method));
        this.executor = DefaultToolExecutor.builder()
                .object(object)
                .originalMethod(method)
                .methodToInvoke(method)
                .propagateToolExecutionExceptions(true)
                .build();
        this.origin = method.getDeclaringClass().getName() + "." + method.getName();
    }

    /** Every {@code @Tool} method of the object's class, its superclasses and the defaults of its interfaces. */
    static List<CatalogueTool> allOf(Object object) {
        Map<String, Method> methods = new LinkedHashMap<>();
        for (@Nullable Class<?> c = object.getClass(); c != null; c = c.getSuperclass()) {
            collect(c.getDeclaredMethods(), methods);
        }
        collect(object.getClass().getMethods(), methods);
        List<CatalogueTool> tools = new ArrayList<>();
        for (Method method : methods.values()) {
            if (method.isAnnotationPresent(Tool.class)) {
                tools.add(new CatalogueTool(object, method));
            }
        }
        return tools;
    }

    /** The most derived method of a signature wins, as it would when called. */
    private static void collect(Method[] candidates, Map<String, Method> methods) {
        for (Method method : candidates) {
            if (!method.isBridge() && !Modifier.isAbstract(method.getModifiers())) {
                methods.putIfAbsent(method.getName() + Arrays.toString(method.getParameterTypes()), method);
            }
        }
    }

    private static Map<String, Matches> forms(Method method) {
        Map<String, Matches> forms = new HashMap<>();
        for (Parameter parameter : method.getParameters()) {
            Matches form = parameter.getAnnotation(Matches.class);
            if (form != null) {
                P p = parameter.getAnnotation(P.class);
                forms.put(p == null || p.name().isBlank() ? parameter.getName() : p.name(), form);
            }
        }
        return forms;
    }

    String name() {
        return specification.name();
    }

    ToolSpecification specification() {
        return specification;
    }

    SideEffect effect() {
        return effect;
    }

    /** Class and method, for whoever has to rename one. */
    String origin() {
        return origin;
    }

    ArgumentCheck check(ToolExecutionRequest request) {
        return schema.check(request.arguments());
    }

    /** Runs a call that passed its check. Whatever the method throws, an {@code Error} included, ends here. */
    @SuppressWarnings("CatchingUnchecked")
    Result run(ToolExecutionRequest request) {
        try {
            String text = executor.executeWithContext(
                            request, InvocationContext.builder().build())
                    .resultText();
            return new Result(true, String.valueOf(text));
        } catch (Throwable problem) {
            Throwable cause = problem instanceof ToolExecutionException wrapped && wrapped.getCause() != null
                    ? wrapped.getCause()
                    : problem;
            if (cause instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            LOG.debug("tool {} failed", name(), cause);
            return Result.failure(name() + " failed: " + Violations.oneLine(cause));
        }
    }

    /** What a run gives back: the model's text, and whether it is the tool's own. */
    record Result(boolean succeeded, String text) {

        /** Errors have the same shape as a tool's own refusals. */
        static Result failure(String reason) {
            return new Result(
                    false,
                    JsonNodeFactory.instance.objectNode().put("error", reason).toString());
        }
    }
}
