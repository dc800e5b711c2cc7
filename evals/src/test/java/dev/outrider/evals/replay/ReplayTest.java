package dev.outrider.evals.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.report.JsonReport;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.tools.desk.Desk;

/** The oracle is the cascade itself: what a replay says that a policy would do is what a run under that policy does. */
class ReplayTest {

    private static final Suite SUITE = Suite.desk();

    @TempDir
    Path folder;

    private record Ran(EvalRun run, InMemoryLedger ledger, RunInfo info) {}

    private static Policy policy(String version, double read, double write, String more, double auditRate) {
        return Policy.parse("test.yaml", """
                version: %s
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                workloads:
                %s  - {name: money, match: {effect: money}, uncalibrated: threshold, min-probability: 0.97}
                  - {name: write, match: {effect: write}, uncalibrated: threshold, min-probability: %s}
                  - {name: read, uncalibrated: threshold, min-probability: %s}
                audit: {rate: %s}
                """.formatted(version, more, write, read, auditRate));
    }

    private static final Map<Policy, Ran> RUNS = new HashMap<>();

    private static Ran run(Policy policy) throws IOException {
        Ran known = RUNS.get(policy);
        if (known == null) {
            known = really(policy);
            RUNS.put(policy, known);
        }
        return known;
    }

    private static Ran really(Policy policy) throws IOException {
        SimulatedLlmBehaviour behaviour = SimulatedLlmBehaviour.perfect();
        InMemoryLedger ledger = new InMemoryLedger();
        try (SimulatedLlm llm = SimulatedLlm.start(SUITE.cases(), behaviour);
                Desk desk = Desk.inMemory();
                CascadeChatModel cascade = CascadeChatModel.builder()
                        .local(new ScriptedSlm(SUITE.cases(), 0.7, 3))
                        .remote(RemoteModels.openAiCompatible(
                                llm.baseUrl().toString(), null, SimulatedLlm.MODEL, policy.resilience().timeout()))
                        .policy(policy)
                        .catalogue(desk.catalogue())
                        .ledger(ledger)
                        .build()) {
            EvalRun run = EvalRunner.builder().model(cascade).build().run(SUITE);
            return new Ran(
                    run, ledger, new RunInfo("desk", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.simulated(behaviour), policy, 1));
        }
    }

    private static ReplayReport replay(List<? extends LedgerEntry> entries, Policy policy, @Nullable Policy logged, Outcomes outcomes) {
        return new Replay(PolicyInForce.of(policy), logged, outcomes, AgreementMatcher.EXACT)
                .run("memory", () -> entries.stream().map(e -> (LedgerEntry) e), () -> 0L);
    }

    @Test
    void aReplaySaysWhatARunUnderThatPolicyDoes() throws IOException {
        Policy then = policy("then", 0.8, 0.9, "", 0);
        Policy now = policy("now", 0.6, 0.99, "", 0);
        Ran before = run(then);
        Ran after = run(now);

        ReplayReport same = replay(before.ledger.entries(), then, then, Outcomes.none());
        assertThat(same.undecided()).isEmpty();
        assertThat(same.moved()).isEmpty();
        assertThat(same.after()).isEqualTo(same.before());

        ReplayReport replay = replay(before.ledger.entries(), now, then, Outcomes.none());
        List<QueryResult> ran = after.run.results();
        assertThat(replay.records()).isEqualTo(ran.size());
        assertThat(replay.undecided()).isEmpty();
        assertThat(replay.after().accepted()).isEqualTo(ran.stream().filter(QueryResult::answeredLocally).count());
        assertThat(replay.after().escalated()).isEqualTo(ran.stream()
                .filter(r -> !r.answeredLocally())
                .collect(Collectors.groupingBy(r -> Objects.requireNonNull(r.reason()), Collectors.counting())));
        assertThat(replay.moved()).isNotEmpty();
    }

    @Test
    void outcomesOfTheRunGiveTheReplacementRateThatARunWouldHaveGiven() throws IOException {
        Policy then = policy("then", 0.8, 0.9, "", 0);
        Policy now = policy("now", 0.6, 0.99, "", 0);
        Ran before = run(then);
        Ran after = run(now);
        ReplacementReport real = ReplacementReport.of(after.info, after.run);
        Path file = folder.resolve("report.json");
        Files.writeString(file, JsonReport.write(ReplacementReport.of(before.info, before.run)));

        ReplayReport replay = replay(before.ledger.entries(), now, then, Outcomes.load(file));

        // flagged cases are in the ledger and not in the report; the desk suite has none
        assertThat(real.flagged()).isZero();
        assertThat(replay.replaced()).isCloseTo(Objects.requireNonNull(real.total().replacementRate()), within(1e-12));
        assertThat(replay.wrong().unknown()).isZero();
        assertThat(replay.replacedInterval().low()).isLessThan(replay.replaced());
        assertThat(replay.replacedInterval().high()).isGreaterThan(replay.replaced());
    }

    @Test
    void withoutAuditsNothingIsKnownAboutWhatWasTakenThen() throws IOException {
        Policy then = policy("then", 0.8, 0.9, "", 0);
        ReplayReport replay = replay(run(then).ledger.entries(), then, then, Outcomes.none());
        assertThat(replay.wrong().unknown()).isEqualTo(replay.after().accepted()).isPositive();
        assertThat(replay.replaced()).isNull();
        assertThat(replay.replacedInterval().low()).isZero();
        assertThat(Gate.check(replay, 0.01, null, null)).singleElement().matches(g -> !g.passed());
    }

    @Test
    void auditsAndTheLlmsAnswersTellRightFromWrong() throws IOException {
        Policy then = policy("then", 0.8, 0.9, "", 0.5);
        Policy now = policy("now", 0.6, 0.99, "", 0);
        Ran before = run(then);
        assertThat(before.ledger.audits()).isNotEmpty();
        ReplayReport replay = replay(before.ledger.entries(), now, then, Outcomes.none());
        // the simulated LLM gives gold answers, so agreement is right or a right reply in other words
        assertThat(replay.wrong().unknown()).isZero();
        assertThat(replay.wrong().seen()).isLessThan(replay.after().accepted());
        assertThat(replay.wrong().effective()).isLessThanOrEqualTo(replay.wrong().seen() + 1e-6);
        double truth = Objects.requireNonNull(replay(before.ledger.entries(), now, then, outcomesOf(before)).replaced());
        assertThat(truth).isBetween(replay.replacedInterval().low(), replay.replacedInterval().high());
    }

    private Outcomes outcomesOf(Ran ran) throws IOException {
        Path file = folder.resolve("outcomes.jsonl");
        StringBuilder lines = new StringBuilder();
        for (QueryResult r : ran.run.results()) {
            DecisionRecord record = r.record();
            QueryResult.Proposal local = r.local();
            if (record != null && local != null) {
                lines.append("{\"id\":\"%s\",\"localRight\":%s}%n".formatted(record.id(), local.right()));
            }
        }
        Files.writeString(file, lines);
        return Outcomes.load(file);
    }

    @Test
    void whatTheLedgerDoesNotKeepIsNamedAndCounted() throws IOException {
        String more = "  - {name: angry, match: {request-matches: '(?i)angry'}, then: escalate}\n";
        Policy then = policy("then", 0.8, 0.9, more, 0);
        List<LedgerEntry> entries = run(then).ledger.entries();
        ReplayReport blind = replay(entries, policy("now", 0.8, 0.9, more, 0), null, Outcomes.none());
        assertThat(blind.decided()).isZero();
        assertThat(blind.undecided()).containsOnlyKeys("REQUEST_NOT_KEPT");
        assertThat(blind.undecided().get("REQUEST_NOT_KEPT")).isEqualTo(blind.records());
        assertThat(ReplayText.render(blind, List.of())).contains("cannot be decided again: request not kept", "workload angry asks");
        assertThat(Gate.check(blind, null, null, 0.05)).singleElement().matches(g -> !g.passed());

        ReplayReport told = replay(entries, policy("now", 0.7, 0.9, more, 0), then, Outcomes.none());
        assertThat(told.undecided()).isEmpty();
    }

    @Test
    void aQueryThatTheSlmWasNotAskedCanOnlyGoToTheLlmAgain() throws IOException {
        Ran before = run(Policy.parse("t.yaml", """
                version: then
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 2.50, usd-per-million-output-tokens: 10.00}
                workloads:
                  - {name: all, then: escalate}
                """));
        ReplayReport replay = replay(before.ledger.entries(), policy("now", 0.8, 0.9, "", 0), null, Outcomes.none());
        assertThat(replay.undecided()).containsOnlyKeys("SLM_NOT_ASKED");
        ReplayReport again = replay(before.ledger.entries(), Policy.parse("t.yaml", """
                version: again
                models:
                  local: {usd-per-hour: 0.10}
                  remote: {usd-per-million-input-tokens: 1.25, usd-per-million-output-tokens: 5.00}
                workloads:
                  - {name: everything, then: escalate}
                """), null, Outcomes.none());
        assertThat(again.undecided()).isEmpty();
        assertThat(again.after().escalated()).containsOnlyKeys("RULE");
        // half the price, rounded up by query
        assertThat(again.money().after()).isCloseTo(again.money().before() / 2, within(again.records()));
    }

    @Test
    void gatesStandInTheXmlOfJUnit() throws Exception {
        Policy then = policy("<then & \"now\">", 0.8, 0.9, "", 0);
        ReplayReport replay = replay(run(then).ledger.entries(), then, then, Outcomes.none());
        List<Gate> gates = Gate.check(replay, 0.99, 1.0, 0.5);
        String xml = JUnitXml.write(replay, gates);
        var suite = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)))
                .getDocumentElement();
        assertThat(suite.getAttribute("tests")).isEqualTo("4");
        assertThat(suite.getAttribute("failures")).isEqualTo("1");
        assertThat(suite.getElementsByTagName("failure").getLength()).isEqualTo(1);
        assertThat(Json.read(ReplayJson.write(replay, gates)).get("gates")).hasSize(3);
        assertThat(Json.read(ReplayJson.write(replay, gates)).get("now").get("accepted").asLong()).isEqualTo(replay.after().accepted());
    }

    @Test
    void badInputIsToldInOneLine() throws IOException {
        assertThatThrownBy(() -> replay(List.of(), policy("now", 0.8, 0.9, "", 0), null, Outcomes.none()))
                .isInstanceOf(ReplayException.class)
                .hasMessage("memory holds no decisions; name the ledger of a run with --ledger");
        Path file = folder.resolve("bad.jsonl");
        Files.writeString(file, "{\"id\":\"a\",\"localRight\":true}\n{\"id\":1}\n");
        assertThatThrownBy(() -> Outcomes.load(file)).isInstanceOf(ReplayException.class).hasMessageContaining("bad.jsonl:2 is no outcome");
        assertThatThrownBy(() -> Outcomes.load(folder.resolve("none"))).hasMessageContaining("there is no file of outcomes");
    }
}
