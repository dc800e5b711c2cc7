package dev.outrider.evals.match;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.evals.Shop;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.MatchRule;
import dev.outrider.evals.suite.ToolDefinition;

class JudgeTest {

    @ParameterizedTest(name = "bfcl-ast, {0} with acceptable {1}: {2} -> {3}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        // strings: blanks, case and , . / - _ * ^ do not count
        "{\"type\":\"string\"}|[\"New York, NY\"]|\"new york ny\"|true",
        "{\"type\":\"string\"}|[\"it's\"]|\"IT\\\"S\"|true",
        "{\"type\":\"string\"}|[\"a\"]|\"a b\"|false",
        "{\"type\":\"string\"}|[\"a\",\"\"]|\"\"|true",
        "{\"type\":\"string\"}|[\"5\"]|5|false",
        // numbers: strict, but an int passes for a top-level float
        "{\"type\":\"integer\"}|[5]|5|true",
        "{\"type\":\"integer\"}|[5]|5.0|false",
        "{\"type\":\"integer\"}|[5]|\"5\"|false",
        "{\"type\":\"integer\"}|[1]|true|false",
        "{\"type\":\"number\"}|[5.0]|5|true",
        "{\"type\":\"number\"}|[5]|5|true",
        "{\"type\":\"number\"}|[24.9]|24.90|true",
        "{\"type\":\"number\"}|[24.9]|24.91|false",
        "{\"type\":\"boolean\"}|[true]|1|false",
        // variables: the gold's type differs from the declared one, compared exactly
        "{\"type\":\"integer\"}|[\"nodeId\"]|\"nodeId\"|true",
        "{\"type\":\"integer\"}|[\"nodeId\"]|\"NodeId\"|false",
        "{\"type\":\"string\"}|[null]|null|true",
        "{\"type\":\"string\"}|[\"x\",null]|null|false",
        // lists: order and length count, no int for a float inside
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}|[[\"a\",\"b\"]]|[\"A\",\"b\"]|true",
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}|[[\"a\",\"b\"]]|[\"b\",\"a\"]|false",
        "{\"type\":\"array\",\"items\":{\"type\":\"number\"}}|[[1.5]]|[1]|false",
        "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}|[[1,2],\"\"]|[]|true",
        // objects: per key a list of acceptable values, "" = may be left out
        "{\"type\":\"object\"}|[{\"a\":[1],\"b\":[\"\",2]}]|{\"a\":1}|true",
        "{\"type\":\"object\"}|[{\"a\":[1],\"b\":[2]}]|{\"a\":1}|false",
        "{\"type\":\"object\"}|[{\"a\":[1]}]|{\"a\":1,\"z\":1}|false",
        "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}|[[{\"a\":[1]},{\"a\":[2]}]]|[{\"a\":1},{\"a\":2}]|true",
        "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}|[[{\"a\":[1]},{\"a\":[2]}]]|[{\"a\":2},{\"a\":1}]|false",
    })
    void bfclComparesAValueAsItsCheckerDoes(String schema, String acceptable, String given, boolean right)
            throws JsonProcessingException {
        assertThat(verdict(new BfclAstMatcher(), schema, acceptable, given).right()).isEqualTo(right);
    }

    @ParameterizedTest(name = "{0}, acceptable {1}: {2} -> {3}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"type\":\"number\"}|[5.0]|5|true",
        "{\"type\":\"string\"}|[\"a\"]|\"A\"|false",
        "{\"type\":\"object\"}|[{\"a\":[1,2],\"b\":1}]|{\"b\":1,\"a\":[1,2]}|true",
        "{\"type\":\"array\"}|[[1,2]]|[2,1]|false",
        "{\"type\":\"boolean\"}|[true]|1|false",
    })
    void exactJsonComparesDeeply(String schema, String acceptable, String given, boolean right) throws JsonProcessingException {
        assertThat(verdict(new ExactJsonMatcher(), schema, acceptable, given).right()).isEqualTo(right);
    }

    @Test
    void exactJsonAllowsNoFurtherArgument() {
        EvalCase c = caseOf("{\"type\":\"string\"}", Map.of());
        assertThat(new ExactJsonMatcher().matchCall(c, new ExpectedCall("f", Map.of()), call("f", "{\"p\":\"x\"}")).reason())
                .isEqualTo("argument p is not expected");
    }

    @Test
    void goldSubsetAllowsFurtherArgumentsOfTheSchemaOnly() {
        EvalCase c = caseOf("{\"type\":\"string\"}", Map.of());
        ExpectedCall gold = new ExpectedCall("f", Map.of());
        assertThat(new GoldSubsetMatcher().matchCall(c, gold, call("f", "{\"p\":\"x\"}")).right()).isTrue();
        assertThat(new GoldSubsetMatcher().matchCall(c, gold, call("f", "{\"q\":\"x\"}")).reason()).isEqualTo("argument q is unknown");
    }

    @Test
    void goldSubsetTakesAnyProseComparesSetsAndDates() throws JsonProcessingException {
        var matcher = new GoldSubsetMatcher();
        EvalCase c = caseOf("{\"type\":\"string\"}", Map.of());
        Map<String, List<JsonNode>> text = Map.of("p", values("[\"Hello Bob\"]"));
        ExpectedCall prose = new ExpectedCall("f", text, Set.of("p"), Set.of(), Set.of(), false);
        assertThat(matcher.matchCall(c, prose, call("f", "{\"p\":\"Dear Bob\"}")).right()).isTrue();
        assertThat(matcher.matchCall(c, prose, call("f", "{\"p\":\" \"}")).right()).isFalse();
        ExpectedCall set = new ExpectedCall("f", Map.of("p", values("[[\"a\",\"b\"]]")), Set.of(), Set.of("p"), Set.of(), false);
        assertThat(matcher.matchCall(c, set, call("f", "{\"p\":[\"b\",\"a\"]}")).right()).isTrue();
        assertThat(matcher.matchCall(c, set, call("f", "{\"p\":[\"b\"]}")).right()).isFalse();
        ExpectedCall date = new ExpectedCall(
                "f", Map.of("p", values("[\"2023-09-11 12:00:00\"]")), Set.of(), Set.of(), Set.of("p"), false);
        assertThat(matcher.matchCall(c, date, call("f", "{\"p\":\"2023-09-11 08:30:00\"}")).right()).isTrue();
        assertThat(matcher.matchCall(c, date, call("f", "{\"p\":\"2023-09-12 12:00:00\"}")).right()).isFalse();
        ExpectedCall result = new ExpectedCall("f", text, Set.of(), Set.of(), Set.of(), true);
        assertThat(matcher.matchCall(c, result, call("f", "{}")).right()).isTrue();
    }

    @Test
    void severalCallsMatchInAnyOrderWhereOrderIsFree() {
        EvalCase c = Shop.evalCase("2/s0");
        var stock = request("check_stock", "{\"sku\":\"KET-204\",\"warehouse\":\"lyon\"}");
        var track = request("track_shipment", "{\"order_id\":\"ORD-70011\"}");
        assertThat(Judge.judge(c, AiMessage.from(track, stock)).right()).isTrue();
        assertThat(Judge.judge(c, AiMessage.from(stock)).reason()).isEqualTo("2 call(s) expected, 1 made");
        assertThat(Judge.judge(c, AiMessage.from(stock, stock)).reason()).isEqualTo("tool track_shipment expected, check_stock called");
        assertThat(Judge.judge(c, AiMessage.from("7 in Lyon")).right()).isFalse();
    }

    @Test
    void aStepIsJudgedByItsFirstCallAgainstEveryOtherSoundStep() {
        EvalCase c = Shop.evalCase("9");
        var get = request("get_order", "{\"order_id\":\"ORD-41000\"}");
        var track = request("track_shipment", "{\"order_id\":\"ORD-41000\"}");
        var other = request("track_shipment", "{\"order_id\":\"ORD-41001\"}");
        assertThat(Judge.judge(c, AiMessage.from(get)).right()).isTrue();
        assertThat(Judge.judge(c, AiMessage.from(track, get)).right()).isTrue();
        assertThat(Judge.judge(c, AiMessage.from(other, get)).right()).isFalse();
    }

    @Test
    void noCallIsRightWhenNothingIsCalledAndTheReplySaysWhatItMust() {
        EvalCase c = Shop.evalCase("1/s1");
        assertThat(Judge.judge(c, AiMessage.from("Order ORD-48213 is shipped. Total: 59.80 EUR.")).right()).isTrue();
        assertThat(Judge.judge(c, AiMessage.from("It is shipped.")).reason()).isEqualTo("the reply mentions none of: 59.80 | 59,80");
        assertThat(Judge.judge(c, AiMessage.from(request("get_order", "{\"order_id\":\"ORD-48213\"}"))).reason())
                .isEqualTo("no call expected, get_order called");
        assertThat(Judge.judge(Shop.evalCase("4"), AiMessage.from("anything")).right()).isTrue();
    }

    @Test
    void anyCallNeedsOneWellFormedCallOfAnOfferedTool() {
        EvalCase c = Shop.evalCase("8");
        assertThat(Judge.judge(c, AiMessage.from(request("get_order", "{}"))).right()).isTrue();
        assertThat(Judge.judge(c, AiMessage.from(request("launch", "{}"))).right()).isFalse();
        assertThat(Judge.judge(c, AiMessage.from(request("get_order", "{\"order"))).right()).isFalse();
        assertThat(Judge.judge(c, AiMessage.from("done")).right()).isFalse();
    }

    @Test
    void onlyWhatNoRuleDecidesIsLeftToAnLlm() {
        EvalCase c = new EvalCase(
                "id", "s", "c", "t", "t", List.of(), List.of(UserMessage.from("Where is it?")),
                new Expected.NoCall(null, "At the depot in Lyon.", List.of(), List.of(List.of("Lyon"))), MatchRule.LLM_JUDGE, false,
                List.of(), List.of(), "x:1");
        assertThat(Judge.decided(c, AiMessage.from("It waits in Lyon."))).isEmpty();
        assertThat(Judge.decided(c, AiMessage.from("at the depot, in Lyon"))).hasValue(Verdict.ok());
        assertThat(Judge.decided(c, AiMessage.from("In Porto.")).orElseThrow().reason()).contains("mentions none of: Lyon");
        assertThat(Judge.decided(c, AiMessage.from(request("get_order", "{}"))).orElseThrow().reason()).contains("get_order called");
        assertThatThrownBy(() -> Judge.judge(c, AiMessage.from("It waits in Lyon."))).hasMessageContaining("id says match llm-judge and no judge");
    }

    @Test
    void malformedArgumentsAreWrongAndNoError() {
        assertThat(Judge.judge(Shop.evalCase("5"), AiMessage.from(request("restock", "{\"sku\":"))).reason())
                .isEqualTo("arguments of restock are no JSON object");
    }

    @ParameterizedTest(name = "\"{1}\" in \"{0}\": {2}")
    @CsvSource(delimiter = '|', value = {
        "The parcel is in_transit.|in transit|true",
        "The parcel is IN TRANSIT|in_transit|true",
        "Total: 59,80 EUR|59.80|true",
        "Total: 159.80 EUR|59.80|false",
        "There are 120 left|12|false",
        "There are 12 left.|12|true",
        "There are 12.5 left.|12|false",
        "order ord-48213 is late|ORD 48213|true",
        "Straße 12|strasse|false",
        "21.4 °C|21.4 C|true",
        "48%|48 %|true",
    })
    void mentionsIgnoreCaseAndPunctuationButKeepNumbersWhole(String reply, String mention, boolean found) {
        assertThat(MentionsMatcher.match(List.of(List.of(mention)), reply).right()).isEqualTo(found);
    }

    private static Verdict verdict(CallMatcher matcher, String schema, String acceptable, String given)
            throws JsonProcessingException {
        Map<String, List<JsonNode>> gold = Map.of("p", values(acceptable));
        EvalCase c = caseOf(schema, gold);
        return matcher.match(c, (Expected.Calls) c.expected(), List.of(call("f", "{\"p\":" + given + "}")));
    }

    private static EvalCase caseOf(String schema, Map<String, List<JsonNode>> gold) {
        ObjectNode parameters = Json.object();
        parameters.put("type", "object");
        ObjectNode properties = parameters.putObject("properties");
        properties.set("p", Json.readObject(schema));
        properties.set("optional", Json.readObject("{\"type\":\"string\"}"));
        ToolDefinition tool = new ToolDefinition("f", parameters, ToolSpecification.builder().name("f").build());
        Expected expected = new Expected.Calls(
                List.of(new ExpectedCall("f", new LinkedHashMap<>(gold))), Expected.Order.EXACT, List.of());
        return new EvalCase(
                "id", "s", "c", "t", "t", List.of(tool), List.of(UserMessage.from("go")), expected, MatchRule.BFCL_AST, false, List.of(), List.of(), "x:1");
    }

    private static List<JsonNode> values(String json) throws JsonProcessingException {
        List<JsonNode> list = new ArrayList<>();
        Json.read(json).forEach(list::add);
        return list;
    }

    private static ModelCall call(String name, String arguments) {
        return new ModelCall(name, Json.readObject(arguments));
    }

    private static ToolExecutionRequest request(String name, String arguments) {
        return ToolExecutionRequest.builder().id("1").name(name).arguments(arguments).build();
    }
}
