package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.replay.Gate;
import dev.outrider.evals.replay.JUnitXml;
import dev.outrider.evals.replay.Outcomes;
import dev.outrider.evals.replay.Replay;
import dev.outrider.evals.replay.ReplayException;
import dev.outrider.evals.replay.ReplayJson;
import dev.outrider.evals.replay.ReplayReport;
import dev.outrider.evals.replay.ReplayText;
import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.privacy.RecordCipher;

/** {@code outrider replay}: another policy on the traffic of a ledger. */
@Command(
        name = "replay",
        description = {
            "Say what a policy would have done on the traffic of a ledger: every record is decided again on its own evidence. No model"
                    + " is asked, nothing leaves, nothing is paid.",
            "Right and wrong come from audits, from queries that the LLM answered too, and from --outcomes; audits are weighed by"
                    + " their logged propensity."
        },
        footer = {
            "",
            "Examples:",
            "  outrider replay --ledger last-week.jsonl --policy new-policy.yaml",
            "  outrider replay --ledger week.db --policy new.yaml --min-replaced 0.4 --max-wrong 0.1 --junit replay.xml",
            "",
            "A gate that is not kept ends with exit code 1. It is held against the end of the interval that speaks against the policy."
        })
final class ReplayCommand implements Callable<Integer> {

    private final Context context;

    @Option(names = "--ledger", required = true, paramLabel = "FILE", description = "The ledger: JSON lines or SQLite.")
    private Path ledger = Path.of("");

    @Mixin
    private final PolicyOption policyOption = new PolicyOption();

    @Option(
            names = "--logged-policy",
            paramLabel = "FILE",
            description = "The policy that wrote the ledger. Needed where --policy asks for the request (request-matches, offers-any,"
                    + " tool-set, min-messages), which a ledger does not keep.")
    private @Nullable Path loggedPolicy;

    @Option(
            names = "--outcomes",
            paramLabel = "FILE",
            description = "Whether the small model's answers were right: JSON lines {\"id\":…,\"localRight\":true}, or the"
                    + " report.json of the run that wrote the ledger.")
    private @Nullable Path outcomes;

    @Option(names = "--min-replaced", paramLabel = "S", description = "Fail below this replacement rate, from 0 to 1.")
    private @Nullable Double minReplaced;

    @Option(names = "--max-wrong", paramLabel = "S", description = "Fail above this share of all queries taken locally and wrong.")
    private @Nullable Double maxWrong;

    @Option(names = "--max-undecided", paramLabel = "S", description = "Fail above this share of records that cannot be decided again.")
    private @Nullable Double maxUndecided;

    @Option(names = "--junit", paramLabel = "FILE", description = "Also write the gates as JUnit XML.")
    private @Nullable Path junit;

    @Option(names = "--json", description = "Print JSON instead of the table.")
    private boolean json;

    ReplayCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        share("--min-replaced", minReplaced);
        share("--max-wrong", maxWrong);
        share("--max-undecided", maxUndecided);
        PolicyInForce policy = policyOption.load();
        // a policy that wrote the ledger itself knows its own conditions
        Policy logged = loggedPolicy == null ? policy.policy() : Policy.load(loggedPolicy);
        Terminal terminal = context.terminal();
        LedgerReader reader = LedgerReader.of(ledger, RecordCipher.fromEnvironment(System.getenv()).orElse(null));
        ReplayReport report;
        try {
            report = new Replay(
                            policy,
                            logged,
                            outcomes == null ? Outcomes.none() : Outcomes.load(outcomes),
                            AgreementMatcher.EXACT)
                    .run(ledger.toString(), reader::entries, reader::migrated);
        } catch (ReplayException | LedgerException e) {
            throw CliException.badInput(e.getMessage() == null ? ledger + " cannot be replayed" : e.getMessage());
        }
        List<Gate> gates = Gate.check(report, minReplaced, maxWrong, maxUndecided);
        if (junit != null) {
            write(junit, JUnitXml.write(report, gates));
        }
        terminal.out().print(json ? ReplayJson.write(report, gates) : ReplayText.render(report, gates));
        return gates.stream().allMatch(Gate::passed) ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void share(String option, @Nullable Double value) {
        if (value != null && !(value >= 0 && value <= 1)) {
            throw CliException.badInput(option + " must be a share from 0 to 1 but is " + value + "; 0.4 means 40 %");
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
