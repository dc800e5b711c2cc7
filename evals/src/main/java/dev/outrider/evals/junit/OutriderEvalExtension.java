package dev.outrider.evals.junit;

import dev.langchain4j.model.chat.ChatModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.ReportFiles;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.suite.Suite;

/** Resolves {@link Evaluation} parameters of classes annotated with {@link OutriderEval}; the suite runs when the first is wanted. */
public final class OutriderEvalExtension implements ParameterResolver {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(OutriderEvalExtension.class);

    /** Called by JUnit. */
    public OutriderEvalExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Evaluation.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> test = context.getRequiredTestClass();
        OutriderEval settings = AnnotationSupport.findAnnotation(test, OutriderEval.class)
                .or(() -> AnnotationSupport.findAnnotation(test.getEnclosingClass(), OutriderEval.class))
                .orElseThrow(() -> new ExtensionConfigurationException(
                        test.getName() + " has an Evaluation parameter but no @OutriderEval; add it to the class"));
        // the root's store: nested classes and classes of the same settings share one run
        ExtensionContext.Store store = context.getRoot().getStore(NAMESPACE);
        return Objects.requireNonNull(store.getOrComputeIfAbsent(settings, s -> evaluate((OutriderEval) s), Evaluation.class));
    }

    private static Evaluation evaluate(OutriderEval settings) {
        Suite suite = Suite.load(List.of(settings.suite()));
        if (settings.sample() > 0 && settings.sample() < suite.cases().size()) {
            double tasks = suite.cases().stream().map(c -> c.task()).distinct().count();
            suite = suite.sampleTasks((int) Math.max(1, Math.round(tasks * settings.sample() / suite.cases().size())), settings.seed());
        }
        try (EvalSubject subject = ReflectionSupport.newInstance(settings.subject())) {
            ChatModel model = subject.model(suite);
            EvalRun run = EvalRunner.builder().model(model).judge(subject.judge()).build().run(suite);
            ReplacementReport report = ReplacementReport.of(
                    new RunInfo(suite.name(), RunInfo.Mode.SUITE, subject.localModel(), subject.llm(), subject.policy(), settings.seed()),
                    run,
                    subject.inputs());
            if (report.total().queries() == 0) {
                throw new ParameterResolutionException(
                        suite.name() + " holds no case that can be run; name another suite in @OutriderEval");
            }
            if (!settings.reports().isEmpty()) {
                ReportFiles.write(Path.of(settings.reports()), report);
            }
            return new Evaluation(report);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new ParameterResolutionException(
                    settings.subject().getName() + " could not be measured: " + e.getMessage(), e);
        }
    }
}
