package dev.outrider.slm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Token ids against those of llama.cpp v0.5.0; {@code make_golden.py} beside the files writes them. */
class GoldenTokensTest {

    @TestFactory
    List<DynamicTest> idsEqualThoseOfLlamaCpp() {
        JsonNode golden = TestVocabulary.resource("cases.json");
        List<String> splits = TestVocabulary.strings(golden.get("splits"));
        return IntStream.range(0, splits.size())
                .mapToObj(i -> DynamicTest.dynamicTest(splits.get(i), () -> {
                    Tokenizer tokenizer = TestVocabulary.tokenizer(splits.get(i));
                    assertThat(golden.get("cases").size()).isGreaterThan(300);
                    for (JsonNode one : golden.get("cases")) {
                        String text = one.get("text").textValue();
                        String ids = Arrays.stream(tokenizer.encodeWithSpecialTokens(text))
                                .mapToObj(String::valueOf)
                                .collect(Collectors.joining(" "));
                        assertThat(ids)
                                .as(one.get("text").toString())
                                .isEqualTo(one.get("ids").get(i).textValue());
                    }
                }))
                .toList();
    }
}
