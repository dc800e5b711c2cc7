package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.evals.compare.Comparison;
import dev.outrider.evals.compare.ComparisonHtml;
import dev.outrider.evals.compare.ComparisonJson;
import dev.outrider.evals.compare.ComparisonText;
import dev.outrider.evals.compare.Side;

/** {@code outrider eval compare}: two reports, paired by case. */
@Command(
        name = "compare",
        description = {
            "Compare two reports of the same suite, query by query: what got better, what broke, and whether that may be chance."
        },
        footer = {"", "Examples:", "  outrider eval compare before after --html difference.html", "  outrider eval compare main branch --fail-if-worse --json"})
final class EvalCompareCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(index = "0", paramLabel = "BEFORE", description = "A report.json of outrider eval, or the folder it lies in.")
    private Path before = Path.of("");

    @Parameters(index = "1", paramLabel = "AFTER", description = "The report to set against it.")
    private Path after = Path.of("");

    @Option(names = "--html", paramLabel = "FILE", description = "Write the comparison as a page, too.")
    private @Nullable Path html;

    @Option(names = "--json", description = "Print JSON instead of the table.")
    private boolean json;

    @Option(names = "--fail-if-worse", description = "Exit with 1 when replacement rate or end accuracy is significantly worse.")
    private boolean failIfWorse;

    @Mixin
    private final SeedOption seed = new SeedOption();

    EvalCompareCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Comparison comparison = Comparison.of(Side.read(before), Side.read(after), seed.value());
        if (html != null) {
            try {
                Files.writeString(html, ComparisonHtml.render(comparison));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        context.terminal().out().print(json ? ComparisonJson.write(comparison) : ComparisonText.render(comparison));
        boolean worse = comparison.replacement().verdict().equals("worse") || comparison.accuracy().verdict().equals("worse");
        return failIfWorse && worse ? ExitCode.FAILED : ExitCode.OK;
    }
}
