package dev.outrider.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.convert.AgentQuery;
import dev.outrider.evals.convert.Conversion;
import dev.outrider.evals.convert.ConvertException;
import dev.outrider.evals.convert.Curation;
import dev.outrider.evals.convert.Kind;
import dev.outrider.evals.convert.Kinds;
import dev.outrider.evals.convert.QueryLog;
import dev.outrider.evals.convert.TrainingSets;
import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.privacy.RecordCipher;

/** {@code outrider convert}: from an agent's LLM queries to training sets of an SLM. */
@Command(
        name = "convert",
        description = {
            "Collect what an agent asked its LLM, take personal data and twins out, find the kinds of queries, estimate how replaceable"
                    + " each is, and export training sets.",
            "A log is JSON lines of OpenAI requests and responses, or of prompts with 'reference_response'. A suite is shown but"
                    + " never exported."
        },
        footer = {
            "",
            "Examples:",
            "  outrider convert llm-log.jsonl --out round-1",
            "  outrider convert llm-log.jsonl --out round-1 --measured report/report.json   # again, after training and 'eval'",
            "  outrider convert --ledger ledger.jsonl"
        })
final class ConvertCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(arity = "0..*", paramLabel = "LOG", description = "Logs of queries and answers.")
    private List<Path> logs = List.of();

    @Option(names = "--ledger", paramLabel = "FILE", description = "A ledger: kinds and measured shares only, for it keeps no requests.")
    private @Nullable Path ledger;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where train.jsonl, heldout.jsonl, heldout-suite.jsonl and kinds.json go. A kinds.json that is there is the round before.")
    private @Nullable Path out;

    @Option(names = "--measured", paramLabel = "FILE", description = "A report.json: which of these cases the small model has right now.")
    private @Nullable Path measured;

    @Option(names = "--name", paramLabel = "NAME", description = "A person's name to take out; may be given again.")
    private List<String> names = List.of();

    @Option(names = "--min-examples", paramLabel = "N", description = "Smallest kind to export. Default: ${DEFAULT-VALUE}.")
    private int minExamples = 20;

    @Option(
            names = "--min-learnable",
            paramLabel = "S",
            description = "Smallest estimated share, from 0 to 1, of a kind to export. Default: ${DEFAULT-VALUE}.")
    private double minLearnable = 0.5;

    @Option(names = "--rows", paramLabel = "N", description = "Kinds to show. Default: ${DEFAULT-VALUE}.")
    private int rows = 25;

    @Option(names = "--json", description = "Print JSON instead of the table.")
    private boolean json;

    ConvertCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        if (logs.isEmpty() && ledger == null) {
            throw CliException.badInput("name a log, or a ledger with --ledger");
        }
        if (!(minLearnable >= 0 && minLearnable <= 1) || minExamples < 1 || rows < 1) {
            throw CliException.badInput("--min-learnable must be from 0 to 1, --min-examples and --rows at least 1");
        }
        try {
            return convert();
        } catch (ConvertException | LedgerException e) {
            throw CliException.badInput(e.getMessage() == null ? "the log cannot be converted" : e.getMessage());
        }
    }

    private int convert() throws IOException {
        List<AgentQuery> queries = new ArrayList<>();
        int failed = 0;
        for (Path log : logs) {
            QueryLog.Read read = QueryLog.read(log);
            queries.addAll(read.queries());
            failed += read.failed().size();
        }
        if (ledger != null) {
            try (Stream<LedgerEntry> entries =
                    LedgerReader.of(ledger, RecordCipher.fromEnvironment(System.getenv()).orElse(null)).entries()) {
                queries.addAll(QueryLog.ofLedger(entries, AgreementMatcher.EXACT));
            }
        }
        if (queries.isEmpty()) {
            throw CliException.badInput("no query with an answer in what was named; is ledger.keep-answers off?");
        }
        Map<String, Boolean> right = measured == null ? Map.of() : Conversion.measured(measured);
        Curation.Curated curated = new Curation(names).curate(queries.stream()
                .map(q -> q.localRight() == null ? q.measured(right.get(q.id())) : q)
                .toList());
        List<Kind> kinds = Kinds.of(curated.kept());
        Map<String, Double> before = out == null ? Map.of() : Conversion.earlier(out.resolve("kinds.json"));
        Conversion conversion = new Conversion(queries.size(), failed, curated, kinds, before);
        Terminal terminal = context.terminal();
        terminal.out().print(json ? conversion.json() : conversion.text(rows));
        if (out != null) {
            Files.createDirectories(out);
            TrainingSets.Written written = TrainingSets.write(out, kinds, minExamples, minLearnable);
            Path half = out.resolve("kinds.json.half");
            Files.writeString(half, conversion.json());
            Files.move(half, out.resolve("kinds.json"), StandardCopyOption.REPLACE_EXISTING);
            terminal.note("outrider: " + written.train() + " examples to train on and " + written.heldOut() + " held out ("
                    + written.cases() + " of them as cases for eval), of " + written.kinds() + " kinds, in " + out + (queries.stream().anyMatch(AgentQuery::exportable)
                            ? "" : "; suites and ledgers are not exported"));
        }
        return ExitCode.OK;
    }
}
