package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.app.terminal.Progress;
import dev.outrider.app.terminal.Table;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.calibration.SuiteAnswers;
import dev.outrider.evals.report.CalibrationPage;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.calibration.CalibrationFit;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.CalibrationTable.By;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.calibration.LlmAccuracy;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.calibration.SlmIdentity;
import dev.outrider.router.calibration.Target;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.calibration.WorkloadFit;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.tools.desk.Desk;

/** {@code outrider calibrate}: evidence to probability, and the thresholds whose risk bound meets a target. */
@Command(
        name = "calibrate",
        description = {
            "Find out what the small model's evidence is worth, workload by workload, and derive the thresholds from it.",
            "Suites are run through the cascade without an LLM: gold answers tell right from wrong. In a ledger the audits and the"
                    + " escalations do."
        },
        footer = {
            "",
            "Examples:",
            "  outrider calibrate --from desk-calibration --target-risk 0.1 --risk-kind joint --out calibration.json",
            "  outrider calibrate --from ledger.jsonl --by workload --html calibration.html"
        })
final class CalibrateCommand implements Callable<Integer> {

    private final Context context;

    @Option(
            names = "--from",
            required = true,
            arity = "1..*",
            paramLabel = "SOURCE",
            description = "Suites (as for 'eval'), or ledgers (JSON lines or SQLite).")
    private List<String> from = List.of();

    @Option(
            names = "--target-risk",
            paramLabel = "R",
            description = "Largest risk of a wrong accepted answer, between 0 and 1. Default: what the policy demands of the"
                    + " workload of that name, or else of its last one.")
    private @Nullable Double targetRisk;

    @Option(
            names = "--risk-kind",
            paramLabel = "KIND",
            description = "joint: accepted and wrong, of all queries. conditional: wrong, of the accepted. Default: what the"
                    + " policy demands.")
    private @Nullable String riskKind;

    @Option(
            names = "--by",
            paramLabel = "WHAT",
            description = "What a workload is: effect (read, write, money, reply), tool, or workload (the policy's or the caller's"
                    + " label). Default: ${DEFAULT-VALUE}.")
    private String by = "effect";

    @Mixin
    private final DeciderOptions decider = new DeciderOptions();

    @Option(
            names = "--ask-llm",
            description = "Also ask the LLM that OUTRIDER_LLM_URL names what the small model is not sure of, to learn how often it"
                    + " is right. This costs money, within the policy's budgets.")
    private boolean askLlm;

    @Option(names = "--out", paramLabel = "FILE", description = "Where the table goes. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("calibration.json");

    @Option(names = "--html", paramLabel = "FILE", description = "Also write a page with reliability diagrams and risk curves.")
    private @Nullable Path html;

    @Option(
            names = "--valid-days",
            paramLabel = "N",
            description = "Days until the table expires. Default: ${DEFAULT-VALUE}.")
    private int validDays = 90;

    @Mixin
    private final SeedOption seed = new SeedOption();

    @Option(names = "--json", description = "Print the table as JSON.")
    private boolean json;

    CalibrateCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Terminal terminal = context.terminal();
        PolicyInForce policy = decider.policy();
        Function<String, Target> targets = targets(policy.policy());
        By workloads = choice(By.class, "--by", by);
        if (validDays < 1) {
            throw CliException.badInput("--valid-days must be at least 1 but is " + validDays);
        }
        boolean ledgers = CalibrationSource.areLedgers(from);
        List<LabelledAnswer> answers;
        SlmIdentity identity;
        try (FirstTier first = decider.firstTier(policy.policy())) {
            identity = first.identity();
            answers = ledgers ? ofLedgers(workloads, identity.name()) : ofSuites(first, workloads, policy);
        }
        if (answers.isEmpty()) {
            throw CliException.badInput("no labelled answers in " + String.join(" ", from)
                    + (ledgers ? ": the ledger needs audits, or escalations with answers kept" : ": the small model answered nothing"
                            + " of the right form"));
        }
        List<WorkloadFit> fits = CalibrationFit.fit(answers, targets, seed.value());
        CalibrationTable table = table(fits, identity, workloads, ledgers ? "ledger" : "suite", answers.size());
        table.save(out);
        if (html != null) {
            write(html, CalibrationPage.render(table, fits));
        }
        if (json) {
            terminal.out().print(table.toJson());
        } else {
            show(table);
        }
        return ExitCode.OK;
    }

    /** What is asked for, or what the policy demands of the workload of a name; an impossible risk is told at once. */
    private Function<String, Target> targets(Policy policy) {
        RiskKind kind = riskKind == null ? null : choice(RiskKind.class, "--risk-kind", riskKind);
        Target otherwise = target(kind, policy.workloads().getLast().demand());
        return name -> policy.workloads().stream()
                .filter(workload -> workload.name().equals(name))
                .findFirst()
                .map(workload -> target(kind, workload.demand()))
                .orElse(otherwise);
    }

    private Target target(@Nullable RiskKind kind, Workload.Demand demand) {
        return Target.of(kind == null ? demand.riskKind() : kind, targetRisk == null ? demand.targetRisk() : targetRisk);
    }

    private List<LabelledAnswer> ofLedgers(By workloads, String slm) {
        CalibrationSource.FromLedgers read = CalibrationSource.read(from, workloads, slm);
        if (read.unlabelled() > 0) {
            context.terminal().note("outrider: " + read.unlabelled() + " local answers have no label and are left out");
        }
        return read.labelled();
    }

    private List<LabelledAnswer> ofSuites(FirstTier first, By workloads, PolicyInForce policy) {
        Terminal terminal = context.terminal();
        Suite suite = Suite.load(from);
        int cases = (int) suite.cases().stream().filter(EvalCase::runnable).count();
        try (Desk desk = Desk.inMemory();
                Progress progress = new Progress(terminal, "queries", cases, System::nanoTime)) {
            terminal.note("outrider: " + cases + " queries of " + suite.name() + "; "
                    + (askLlm ? "the LLM is asked too" : "no LLM is asked") + ", gold answers tell right from wrong");
            CascadeChatModel cascade = first.cascade(PolicySource.of(policy), desk.catalogue(), new InMemoryLedger())
                    .remotes(askLlm ? this::llm : p -> Optional.empty())
                    .build();
            EvalRunner runner = EvalRunner.builder()
                    .model(cascade)
                    .progress((done, planned, result, elapsed, left) -> progress.done(done))
                    .build();
            context.interruption().stopWith(runner::stop);
            EvalRun run = runner.run(suite);
            if (run.partial()) {
                throw CliException.failed("interrupted after " + run.results().size() + " of " + cases
                        + " queries; a part of a suite is no sample of it, so nothing was fitted");
            }
            return SuiteAnswers.of(run.results(), workloads);
        }
    }

    private Optional<RemoteChain> llm(Policy policy) {
        Optional<RemoteChain> chain =
                RemoteModels.chain(policy.models().remote(), policy.resilience(), System.getenv());
        if (chain.isEmpty()) {
            throw CliException.badInput("--ask-llm needs an LLM: set " + RemoteModels.URL + " and " + RemoteModels.MODEL);
        }
        return chain;
    }

    private CalibrationTable table(
            List<WorkloadFit> fits, SlmIdentity identity, By workloads, String kind, int answers) {
        Instant fitted = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Map<String, WorkloadCalibration> byName = new LinkedHashMap<>();
        fits.forEach(fit -> byName.put(fit.calibration().workload(), fit.calibration()));
        CRC32 content = new CRC32();
        content.update((identity + "|" + byName).getBytes(StandardCharsets.UTF_8));
        String version = String.format(
                Locale.ROOT, "cal-%s-%08x", fitted.atZone(ZoneOffset.UTC).toLocalDate(), content.getValue());
        return new CalibrationTable(
                version,
                identity.name(),
                identity.chatFormat(),
                identity.sha256(),
                workloads,
                fitted,
                fitted.plus(Duration.ofDays(validDays)),
                new CalibrationTable.Source(kind, from, answers, seed.value()),
                byName);
    }

    private void show(CalibrationTable table) {
        Terminal terminal = context.terminal();
        Table lines = new Table("workload", "answers", "tasks", "accepted", "ECE", "AUROC", "threshold", "bound");
        table.workloads().values().forEach(c -> lines.row(
                c.workload(),
                c.n(),
                c.tasks(),
                c.threshold().isEmpty() ? "none" : String.format(Locale.ROOT, "%.1f %%", 100 * c.coverage()),
                number(c.ece()),
                number(c.auroc()),
                number(c.threshold()),
                c.threshold().isEmpty() ? "-" : c.promise()));
        lines.lines().forEach(terminal::println);
        table.workloads().values().stream()
                .filter(c -> c.threshold().isEmpty())
                .forEach(c -> terminal.println("  " + c.workload() + " has no threshold and escalates: " + c.whyNot()));
        table.workloads().values().forEach(c -> {
            LlmAccuracy llm = c.llm();
            if (llm != null) {
                terminal.println("  " + c.workload() + ": the LLM is right in " + llm.right() + " of " + llm.n());
            }
        });
        terminal.println("SLM " + table.identity().inOneLine() + ", seed " + seed.value() + ", expires " + table.expires());
        terminal.println("Table: " + out.toAbsolutePath().normalize() + ", version " + table.version());
        if (html != null) {
            terminal.println("Page:  " + html.toAbsolutePath().normalize());
        }
    }

    private static String number(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.3f", value.getAsDouble()) : "-";
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String option, String text) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw CliException.badInput(option + " must be one of "
                + String.join(", ", List.of(type.getEnumConstants()).stream()
                        .map(c -> c.name().toLowerCase(Locale.ROOT))
                        .toList())
                + " but is " + text);
    }
}
