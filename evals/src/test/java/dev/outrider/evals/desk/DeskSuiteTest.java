package dev.outrider.evals.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import dev.outrider.evals.match.Judge;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;
import dev.outrider.tools.desk.DeskTools;

/**
 * The desk suites are what their tasks and the desk say. After a change to either, write it anew:
 * {@code mvn test -pl evals -am -Dtest=DeskSuiteTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Doutrider.desk.write=true}.
 */
class DeskSuiteTest {

    private static final String FOLDER = "/dev/outrider/evals/";

    @BeforeAll
    static void writeAnewWhenAsked() throws IOException {
        if (Boolean.getBoolean("outrider.desk.write")) {
            String toolsets = DeskSuiteWriter.toolsets();
            Path folder = Path.of(System.getProperty("outrider.root", ".."), "evals/src/main/resources" + FOLDER);
            Path built = Path.of(System.getProperty("outrider.root", ".."), "evals/target/classes" + FOLDER);
            for (Path at : List.of(folder, built)) {
                Files.createDirectories(at);
                for (String suite : Suite.BUILT_IN) {
                    Files.writeString(at.resolve(suite + ".jsonl"), new DeskSuiteWriter(suite).cases());
                }
                Files.writeString(at.resolve("desk-toolsets.json"), toolsets);
            }
        }
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void theCommittedSuiteIsWhatTheTasksGiveOnAFreshDesk(String suite) {
        List<String> committed = resource(suite + ".jsonl").lines().toList();
        List<String> fresh = new DeskSuiteWriter(suite).cases().lines().toList();
        for (int i = 0; i < Math.min(committed.size(), fresh.size()); i++) {
            assertThat(committed.get(i)).as("%s.jsonl:%d", suite, i + 1).isEqualTo(fresh.get(i));
        }
        assertThat(committed).hasSameSizeAs(fresh);
        assertThat(resource("desk-toolsets.json")).isEqualTo(DeskSuiteWriter.toolsets());
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void itHasCasesOfEveryKindAndForEveryTool(String suite) {
        List<EvalCase> cases = cases(suite);
        assertThat(cases).hasSizeGreaterThanOrEqualTo(150);
        assertThat(cases.stream().map(EvalCase::category).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(
                        "single_call", "several_calls", "two_step", "no_call", "ask", "follow_up", "reply");
        Set<String> tools = cases.stream()
                .map(EvalCase::expected)
                .filter(Expected.Calls.class::isInstance)
                .flatMap(expected -> ((Expected.Calls) expected).calls().stream())
                .map(ExpectedCall::name)
                .collect(Collectors.toSet());
        assertThat(tools).containsExactlyInAnyOrderElementsOf(DeskTools.NAMES);
    }

    @Test
    void noTwoTasksAskTheSameAndNoneNamesATool() {
        List<DeskTask> tasks = Suite.BUILT_IN.stream()
                .flatMap(suite -> new DeskSuiteWriter(suite).tasks().stream())
                .toList();
        assertThat(tasks).filteredOn(task -> task.followUp().isEmpty() && !task.kind().equals("ask"))
                .extracting(task -> task.request().toLowerCase(Locale.ROOT))
                .doesNotHaveDuplicates();
        List<String> names = DeskTools.NAMES.stream().filter(name -> name.contains("_")).toList();
        assertThat(tasks).allSatisfy(task -> assertThat(names).noneMatch(task.request()::contains));
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void everyGoldAnswerIsJudgedRight(String suite) {
        for (EvalCase evalCase : cases(suite)) {
            AiMessage answer = switch (evalCase.expected()) {
                case Expected.Calls expected -> AiMessage.from(
                        expected.calls().stream().map(DeskSuiteTest::call).toList());
                case Expected.NoCall expected -> AiMessage.from(String.valueOf(expected.referenceText()));
                default -> throw new AssertionError(evalCase.id());
            };
            assertThat(Judge.judge(evalCase, answer).right()).as("%s: %s", evalCase.id(), answer).isTrue();
        }
    }

    /** A reply can only be asked to say what the conversation holds, else no model could be right. */
    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void everyMentionOfAReplyIsSaidInTheConversation(String suite) {
        Map<String, EvalCase> cases =
                cases(suite).stream().collect(Collectors.toMap(EvalCase::id, Function.identity()));
        for (DeskTask task : new DeskSuiteWriter(suite).tasks()) {
            if (task.steps().isEmpty()) {
                continue;
            }
            EvalCase last = Objects.requireNonNull(cases.get(suite + "/" + task.id() + "/s" + task.steps().size()));
            String said = last.messages().toString().replace('_', ' ').toLowerCase(Locale.ROOT);
            for (List<String> group : task.mentions()) {
                if (group.stream().noneMatch(text -> text.startsWith("$"))) {
                    assertThat(Mentions.spelledOut(group)).as(task.id() + " in " + said)
                            .anyMatch(text -> said.contains(text.replace('_', ' ').toLowerCase(Locale.ROOT)));
                }
            }
        }
    }

    /** What a right call needs stands in the request or in what tools have answered by then. */
    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void everyIdOfAGoldCallIsSaidInTheConversation(String suite) {
        for (EvalCase evalCase : cases(suite)) {
            if (evalCase.expected() instanceof Expected.Calls expected) {
                String said = evalCase.messages().toString();
                for (ExpectedCall call : expected.calls()) {
                    call.arguments().forEach((name, values) -> {
                        if (name.endsWith("_id") || name.equals("sku")) {
                            String digits = values.getFirst().textValue().replaceAll("^(ORD|C|T)-", "");
                            assertThat(said).as("%s %s", evalCase.id(), name).containsIgnoringCase(digits);
                        }
                    });
                }
            }
        }
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void everyNumberSaidIsOfTheDesksOwnKind(String suite) {
        Pattern id = Pattern.compile("\\b(?:ORD-(\\d)\\d{4}|C-(\\d)\\d{3}|T-(\\d)\\d{3}|([A-Z])[A-Z]{2}-\\d{3})\\b");
        Set<String> strangers = new TreeSet<>();
        Matcher matcher = id.matcher(resource(suite + ".jsonl"));
        while (matcher.find()) {
            boolean ours = matcher.group(1) != null && "47".contains(matcher.group(1))
                    || matcher.group(2) != null && "38".contains(matcher.group(2))
                    || matcher.group(3) != null && "5".contains(matcher.group(3))
                    || matcher.group(4) != null && "KTL".contains(matcher.group(4));
            if (!ours) {
                strangers.add(matcher.group());
            }
        }
        assertThat(strangers).isEmpty();
        assertThat(resource(suite + ".jsonl")).doesNotContain("example.com").doesNotContain("mail.example");
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.evals.suite.Suite#BUILT_IN")
    void casesOfATaskAreOneConversationThatGrows(String suite) {
        Map<String, List<EvalCase>> tasks = cases(suite).stream()
                .collect(Collectors.groupingBy(c -> c.id().replaceAll("/s\\d+$", "")));
        tasks.values().forEach(cases -> {
            for (int i = 1; i < cases.size(); i++) {
                List<?> before = cases.get(i - 1).messages();
                assertThat(cases.get(i).messages()).hasSizeGreaterThan(before.size());
                assertThat(cases.get(i).messages().subList(0, before.size())).isEqualTo(before);
                assertThat(cases.get(i).messages().getLast()).isInstanceOf(ToolExecutionResultMessage.class);
            }
        });
    }

    private static List<EvalCase> cases(String suite) {
        return Suite.load(List.of(suite)).cases();
    }

    private static ToolExecutionRequest call(ExpectedCall call) {
        var arguments = Json.object();
        call.arguments().forEach((name, values) -> arguments.set(name, values.getFirst()));
        return ToolExecutionRequest.builder()
                .id("c" + System.identityHashCode(call))
                .name(call.name())
                .arguments(arguments.toString())
                .build();
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Suite.class.getResourceAsStream(FOLDER + name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
