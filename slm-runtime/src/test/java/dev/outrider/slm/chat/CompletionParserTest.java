package dev.outrider.slm.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

class CompletionParserTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Tokenizer tokenizer = TestVocabulary.outrider();
    private final ChatFormat format = new OutriderFormat(tokenizer);

    @Test
    void wordsAreATextAndEveryOneOfThemDecidesWhereThingsAreSaidInOneWay() {
        Completion completion = parse("Which order? Please give me the order number.<|im_end|>");
        assertThat(completion.reply()).isEqualTo(new Reply.Text("Which order? Please give me the order number."));
        assertThat(decisions("I cannot.<|im_end|>")).matches("(\\[[^\\[\\]]+])+");
        assertThat(completion.thinking()).isNull();
        assertThat(completion.thinkingTokens()).isZero();
    }

    @Test
    void inPlainChatMlOnlyTheFirstWordDecides() {
        ChatFormat plain = new ChatMlFormat(tokenizer);
        int[] answer = tokenizer.encodeWithSpecialTokens("I cannot.<|im_end|>");
        assertThat(Written.decisions(tokenizer, answer, plain.parse(answer))).matches("\\[[^\\[\\]]+][^\\[\\]]+");
    }

    @Test
    void aCallKeepsItsArgumentsCharacterForCharacter() {
        assertThat(parse("<tool_call>{\"name\":\"refund_order\",\"arguments\":{\"order_id\":\"ORD-1\",\"amount\":24.90}}</tool_call><|im_end|>")
                        .reply())
                .isEqualTo(calls("refund_order", "{\"order_id\":\"ORD-1\",\"amount\":24.90}"));
        assertThat(parse("<tool_call> {\"arguments\": { } , \"name\" : \"now\"} </tool_call>").reply())
                .isEqualTo(calls("now", "{ }"));
    }

    @Test
    void severalCallsComeInOrder() {
        assertThat(parse("<tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call><tool_call>{\"name\":\"b\",\"arguments\":{}}</tool_call>")
                        .reply())
                .isEqualTo(calls("a", "{}", "b", "{}"));
    }

    @Test
    void whatTheSyntaxForcesIsNoDecisionAndTheRestIs() {
        Tokenizer bytes = TestVocabulary.outriderBytes(); // no merges: every byte shows
        int[] answer = bytes.encodeWithSpecialTokens(
                "<tool_call>{\"name\":\"ab\",\"arguments\":{\"k\":\"v\",\"n\":(1,{\"x\":true})}}</tool_call><|im_end|>"
                        .replace('(', '[')
                        .replace(')', ']'));
        StringBuilder kinds = new StringBuilder();
        Completion completion = new OutriderFormat(bytes).parse(answer);
        for (int i = 0; i < answer.length; i++) {
            kinds.append((completion.isDecision(i) ? "d" : ".").repeat(bytes.text(answer[i]).length()));
        }
        assertThat("\n" + bytes.written(answer) + "\n" + kinds).isEqualTo("""

                <tool_call>{"name":"ab","arguments":{"k":"v","n":[1,{"x":true}]}}</tool_call><|im_end|>
                ddddddddddd.........ddd..............ddd..dddddd..dd.ddd.ddddddd.............dddddddddd""");
    }

    @Test
    void aTokenIsADecisionWhenAnyOfItsBytesIs() {
        assertThat(decisions("<tool_call>{\"name\":\"get_order\",\"arguments\":{}}</tool_call><|im_end|>"))
                .startsWith("[<tool_call>]")
                .contains("</tool_call>[<|im_end|>]")
                .doesNotContain("[</tool_call>]");
    }

    @Test
    void thoughtsAreKeptApartAndCounted() {
        Completion completion = parse("<think>look it up</think><tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call><|im_end|>");
        assertThat(completion.reply()).isEqualTo(calls("a", "{}"));
        assertThat(completion.thinking()).isEqualTo("look it up");
        assertThat(completion.thinkingTokens()).isEqualTo(tokenizer.encode("look it up").length);
        int[] answer = tokenizer.encodeWithSpecialTokens("<think>x</think>yes<|im_end|>");
        assertThat(Written.decisions(tokenizer, answer, format.parse(answer))).startsWith("<think>x</think>[");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "<tool_call>{\"name\":\"a\",\"arguments\":{}} # a call is not closed",
        "<tool_call>{\"name\":\"a\",\"arguments\":{}</tool_call> # not valid JSON",
        "<tool_call>{\"name\":\"a\",\"arguments\":{}}}</tool_call> # not valid JSON",
        "<tool_call>{\"name\":\"a\",\"arguments\":{}} {}</tool_call> # more text behind",
        "<tool_call>{\"name\":\"a\"}</tool_call> # has no \"arguments\"",
        "<tool_call>{\"arguments\":{}}</tool_call> # has no \"name\"",
        "<tool_call>{\"name\":\"a\",\"arguments\":{},\"id\":1}</tool_call> # has the key \"id\"",
        "<tool_call>{\"name\":\"a\",\"name\":\"b\",\"arguments\":{}}</tool_call> # Duplicate",
        "<tool_call>{\"name\":\"a\",\"arguments\":{\"x\":1,\"x\":2}}</tool_call> # Duplicate",
        "<tool_call>{\"name\":\" \",\"arguments\":{}}</tool_call> # \"name\" is not a non-empty string",
        "<tool_call>{\"name\":1,\"arguments\":{}}</tool_call> # \"name\" is not a non-empty string",
        "<tool_call>{\"name\":\"a\",\"arguments\":\"{}\"}</tool_call> # \"arguments\" is not an object",
        "<tool_call>{\"name\":\"a\",\"arguments\":null}</tool_call> # \"arguments\" is not an object",
        "<tool_call>[{\"name\":\"a\",\"arguments\":{}}]</tool_call> # not a JSON object",
        "<tool_call></tool_call> # not a JSON object",
        "<tool_call>{'name':'a','arguments':{}}</tool_call> # not valid JSON",
        "<tool_call>{\"name\":\"a\",\"arguments\":{\"x\":01}}</tool_call> # not valid JSON",
        "<tool_call>{\"name\":\"a\",\"arguments\":{\"x\":NaN}}</tool_call> # not valid JSON",
        "<tool_call>{\"name\":\"a\",\"arguments\":{<tools>}}</tool_call> # <tools> stands inside a call",
        "<tool_call>{\"name\":\"a\",\"arguments\":{}}<tool_call>{}</tool_call> # <tool_call> stands inside a call",
        "<tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call> done # text behind a call",
        "Sure. <tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call> # <tool_call> stands inside a text",
        "Sure.</tool_call> # </tool_call> stands inside a text",
        "Sure.<tools> # <tools> stands inside a text",
        "<think>hm # the thoughts do not end",
        "<think>hm</think> # the answer is empty",
        "<|im_end|> # the answer is empty"
    })
    void anythingElseIsReportedAndNotGuessed(String answer, String problem) {
        int[] tokens = tokenizer.encodeWithSpecialTokens(answer);
        Completion completion = format.parse(tokens);
        assertThat(completion.reply()).isInstanceOfSatisfying(Reply.Malformed.class, malformed -> {
            assertThat(malformed.problem()).contains(problem).doesNotContain("\n");
            assertThat(answer).contains(malformed.text());
        });
        if (completion.thinking() == null) {
            for (int i = 0; i < tokens.length; i++) {
                assertThat(completion.isDecision(i)).isTrue();
            }
        }
    }

    @Test
    void aMarkerSpeltOutAsOrdinaryTokensIsReported() {
        assertThat(format.parse(tokenizer.encode("<tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call>")).reply())
                .isEqualTo(new Reply.Malformed(
                        "<tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call>", "the marker <tool_call> is spelt out as text"));
    }

    @Test
    void noTokensAreAnEmptyAnswer() {
        assertThat(format.parse(new int[0]).reply()).isEqualTo(new Reply.Malformed("", "the answer is empty"));
    }

    @Test
    void randomTokensNeverThrow() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 3000; i++) {
            int[] answer = random.ints(random.nextInt(12), 0, random.nextBoolean() ? 11 : tokenizer.vocabularySize())
                    .toArray();
            assertThat(format.parse(answer).reply()).as("seed %d, answer %d", seed, i).isNotNull();
        }
    }

    @Test
    void randomCallsComeBackAndTheirValuesAreDecisions() throws JsonProcessingException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            ObjectNode arguments = JSON.createObjectNode();
            fill(arguments, random, 2);
            String json = "{\"name\":\"f\",\"arguments\":" + JSON.writeValueAsString(arguments) + "}";
            String where = "seed " + seed + ", call " + i + ": " + json;
            int[] body = tokenizer.encode(json);
            int[] answer = new int[body.length + 2];
            System.arraycopy(body, 0, answer, 1, body.length);
            answer[0] = tokenizer.special("<tool_call>").orElseThrow();
            answer[answer.length - 1] = tokenizer.special("</tool_call>").orElseThrow();
            Completion completion = format.parse(answer);
            assertThat(completion.reply()).as(where).isEqualTo(calls("f", JSON.writeValueAsString(arguments)));
            for (int t = 1; t < answer.length - 1; t++) {
                String token = tokenizer.text(answer[t]);
                if (token.chars().anyMatch(c -> Character.isDigit(c))) {
                    assertThat(completion.isDecision(t)).as("%s: %s", where, token).isTrue();
                }
            }
        }
    }

    private static void fill(ObjectNode object, Random random, int depth) {
        for (int n = random.nextInt(4); n > 0; n--) {
            String key = "k" + random.nextInt(100);
            switch (random.nextInt(depth > 0 ? 7 : 5)) {
                case 0 -> object.put(key, random.nextInt());
                case 1 -> object.put(key, random.nextGaussian());
                case 2 -> object.put(key, random.nextBoolean());
                case 3 -> object.putNull(key);
                case 4 -> object.put(key, "a\"b\\c\n\u00e9\uD83D\uDE00 {}[]:," + random.nextInt(1000));
                case 5 -> fill(object.putObject(key), random, depth - 1);
                default -> {
                    ArrayNode array = object.putArray(key);
                    array.add(random.nextInt(50)).add("x" + random.nextInt(9));
                    fill(array.addObject(), random, depth - 1);
                }
            }
        }
    }

    private Completion parse(String answer) {
        return format.parse(tokenizer.encodeWithSpecialTokens(answer));
    }

    private String decisions(String answer) {
        int[] tokens = tokenizer.encodeWithSpecialTokens(answer);
        return Written.decisions(tokenizer, tokens, format.parse(tokens));
    }

    private static Reply calls(String... namesAndArguments) {
        List<ToolCall> calls = new ArrayList<>();
        for (int i = 0; i < namesAndArguments.length; i += 2) {
            calls.add(new ToolCall(namesAndArguments[i], namesAndArguments[i + 1]));
        }
        return new Reply.Calls(calls);
    }
}
